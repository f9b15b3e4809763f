import CheckRounded from "@mui/icons-material/CheckRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Chip from "@mui/material/Chip";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useListPlansQuery, type Plan } from "@/api";
import { quantity, rate, wholeMoney } from "@/format/format";
import { useSessionState } from "@/session/context";
import { DataState } from "@/ui/DataState";
import { useChannelNames } from "./planTexts";
import "@/i18n/site";

const GRID = { display: "grid", gap: 2, gridTemplateColumns: { xs: "1fr", md: "repeat(3, 1fr)" } } as const;

/** The plans side by side, with the numbers that the API gives. */
export function PlanCards() {
  const { t } = useTranslation();
  const query = useListPlansQuery();
  return (
    <DataState
      query={query}
      what={t("site.pricing.what")}
      skeleton={
        <Box sx={GRID}>
          {[1, 2, 3].map((key) => (
            <Skeleton key={key} variant="rounded" height={330} sx={{ borderRadius: 3.5 }} />
          ))}
        </Box>
      }
    >
      {({ items }) => (
        <Box sx={GRID}>
          {items.map((plan) => (
            <PlanCard key={plan.code} plan={plan} />
          ))}
        </Box>
      )}
    </DataState>
  );
}

function PlanCard({ plan }: { plan: Plan }) {
  const { t } = useTranslation();
  const { status, user } = useSessionState();
  const channelNames = useChannelNames();
  const current = status === "signed_in" && user?.tier === plan.code;
  const { active_alerts, socket_symbols, channels } = plan.limits;
  const points = [
    t("site.pricing.upTo", { amount: quantityOrAll(active_alerts, t("site.pricing.unlimited")) }),
    t("site.pricing.liveStocks", { amount: quantity(socket_symbols) }),
    t("site.pricing.tellBy", { channels: channelNames(channels) }),
    ...(plan.support_answer_hours === null ? [] : [t("site.pricing.supportWithin", { count: plan.support_answer_hours })]),
  ];
  return (
    <Card sx={{ p: 3, display: "flex", flexDirection: "column", ...(current && { borderColor: "primary.main" }) }}>
      <Box sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", minHeight: 28 }}>
        <Typography variant="h3" sx={{ fontSize: "1.0625rem" }}>
          {plan.name}
        </Typography>
        {current && <Chip size="small" color="primary" label={t("site.pricing.current")} />}
      </Box>
      <Box className="figures" sx={{ mt: 1.5, display: "flex", alignItems: "baseline", gap: 1 }}>
        <Box component="span" sx={{ fontSize: "2.125rem", fontWeight: 700, letterSpacing: "-0.03em" }}>
          {wholeMoney(plan.price_monthly, plan.currency)}
        </Box>
        <Typography component="span" variant="body2" color="textSecondary">
          {t("site.pricing.perMonth")}
        </Typography>
      </Box>
      <Typography variant="caption" color="textSecondary">
        {t("site.pricing.plusGst", { gst: rate(plan.gst_percent) })}
      </Typography>
      <Box component="ul" sx={{ listStyle: "none", p: 0, mt: 2.5, mb: 3, display: "grid", gap: 1.25 }}>
        {points.map((point) => (
          <Box component="li" key={point} sx={{ display: "flex", gap: 1, fontSize: "0.875rem" }}>
            <CheckRounded aria-hidden sx={{ fontSize: 18, color: "primary.main", mt: 0.25 }} />
            {point}
          </Box>
        ))}
      </Box>
      {status !== "signed_in" && (
        <Button component={Link} to="/register" variant="outlined" sx={{ mt: "auto" }}>
          {t("site.pricing.start")}
          <span className="visually-hidden"> ({plan.name})</span>
        </Button>
      )}
    </Card>
  );
}

function quantityOrAll(value: number | null, all: string): string {
  return value === null ? all : quantity(value);
}
