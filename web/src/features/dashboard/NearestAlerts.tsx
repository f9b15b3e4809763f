import Box from "@mui/material/Box";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useListAlertsQuery, type Alert } from "@/api";
import { distanceTo, levelOf } from "@/format/distance";
import { money, percent } from "@/format/format";
import { useKnownQuote, usePollingInterval, useQuotes } from "@/live/hooks";
import { useNow } from "@/live/now";
import type { Quotes } from "@/live/quotes";
import { DataState } from "@/ui/DataState";
import { useRuleText } from "@/ui/ruleText";
import { stockPath } from "@/ui/stockPath";
import { SideCard } from "./SideCard";
import "@/i18n/market";

const SHOWN = 5;

/** The active alerts that are closest to their level, closest first. */
export function NearestAlerts() {
  const { t } = useTranslation();
  const quotes = useQuotes();
  const query = useListAlertsQuery({ status: "active", limit: 200 }, { pollingInterval: usePollingInterval() });
  // Sorted anew each second: a list that jumps with every price cannot be read.
  useNow();
  return (
    <SideCard title={t("market.dashboard.nearest")} to="/alerts">
      <DataState
        query={query}
        what={t("market.what.nearest")}
        skeleton={<Skeleton variant="rounded" height={140} />}
        isEmpty={(page) => page.items.length === 0}
        empty={
          <Typography variant="body2" color="textSecondary">
            {t("market.dashboard.nearestEmpty")}
          </Typography>
        }
      >
        {(page) => (
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {nearest(page.items, quotes).map((alert) => (
              <NearestRow key={alert.id} alert={alert} />
            ))}
          </Box>
        )}
      </DataState>
    </SideCard>
  );
}

function nearest(alerts: Alert[], quotes: Quotes): Alert[] {
  const share = (alert: Alert) => {
    const quote = quotes.get(alert.instrument);
    const level = levelOf(alert);
    return quote === undefined || level === null ? Number.POSITIVE_INFINITY : Number(distanceTo(level, quote.price).percent ?? Number.POSITIVE_INFINITY);
  };
  return [...alerts].sort((left, right) => share(left) - share(right)).slice(0, SHOWN);
}

function NearestRow({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  const ruleText = useRuleText();
  const quote = useKnownQuote(alert.instrument);
  const level = levelOf(alert);
  const distance = quote === undefined || level === null ? null : distanceTo(level, quote.price);
  return (
    <Box component="li" sx={{ display: "flex", justifyContent: "space-between", gap: 2, py: 1, borderTop: 1, borderColor: "divider", "&:first-of-type": { borderTop: 0, pt: 0 } }}>
      <Box sx={{ minWidth: 0 }}>
        <MuiLink component={Link} to={stockPath(alert.instrument)} color="text.primary" sx={{ fontWeight: 650 }}>
          {alert.stock_symbol}
        </MuiLink>
        <Typography variant="caption" color="textSecondary" className="figures" component="p">
          {ruleText(alert)}
        </Typography>
      </Box>
      <Box className="figures" sx={{ textAlign: "right", fontSize: "0.875rem" }}>
        {level !== null && distance === null && t("market.dashboard.waiting")}
        {distance?.reached === true && t("market.dashboard.reached")}
        {distance?.reached === false && (
          <>
            <Box sx={{ fontWeight: 600 }}>{distance.percent !== null && percent(distance.percent).replace("+", "")}</Box>
            <Typography variant="caption" color="textSecondary">
              {t("market.dashboard.away", { amount: money(distance.amount, alert.currency) })}
            </Typography>
          </>
        )}
      </Box>
    </Box>
  );
}
