import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useListTriggeredAlertsQuery, type TriggeredAlert } from "@/api";
import { money } from "@/format/format";
import { dateTime, zoneOf } from "@/format/time";
import { usePollingInterval } from "@/live/hooks";
import { useAlertPanelLinks } from "@/ui/alertPanel";
import { DataState } from "@/ui/DataState";
import { useRuleText } from "@/ui/ruleText";
import { stockPath } from "@/ui/stockPath";
import { Time } from "@/ui/Time";
import { EmptyAlerts } from "./EmptyAlerts";
import { MailState } from "./MailState";
import "@/i18n/alerts";

const PAGE_SIZE = 50;

/** What has fired, newest first: the price and the time that fired it, and what became of the mail. */
export function TriggeredList() {
  const [cursors, setCursors] = useState<(string | null)[]>([null]);
  return (
    <Card>
      {cursors.map((cursor, index) => (
        <TriggeredPage
          key={cursor}
          cursor={cursor}
          isLast={index === cursors.length - 1}
          onMore={(next) => setCursors([...cursors, next])}
        />
      ))}
    </Card>
  );
}

function TriggeredPage({ cursor, isLast, onMore }: { cursor: string | null; isLast: boolean; onMore: (cursor: string) => void }) {
  const { t } = useTranslation();
  const query = useListTriggeredAlertsQuery(
    { limit: PAGE_SIZE, cursor: cursor ?? undefined },
    { pollingInterval: usePollingInterval() },
  );
  return (
    <DataState
      query={query}
      what={t("alerts.what.triggered")}
      skeleton={<Skeleton variant="rounded" height={220} sx={{ m: 2.5 }} />}
      isEmpty={(page) => cursor === null && page.items.length === 0}
      empty={<EmptyAlerts tab="triggered" />}
    >
      {(page) => (
        <>
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {page.items.map((item) => (
              <TriggeredRow key={item.id} item={item} />
            ))}
          </Box>
          {isLast && page.next_cursor !== null && (
            <Button fullWidth onClick={() => onMore(page.next_cursor as string)} sx={{ borderRadius: 0 }}>
              {t("ui.more")}
            </Button>
          )}
        </>
      )}
    </DataState>
  );
}

function TriggeredRow({ item }: { item: TriggeredAlert }) {
  const { t } = useTranslation();
  const ruleText = useRuleText();
  const { toNew } = useAlertPanelLinks();
  const rule = ruleText(item);
  return (
    <Box
      component="li"
      data-triggered-id={item.id}
      sx={{
        display: "grid",
        gridTemplateColumns: { xs: "1fr auto", md: "minmax(150px, 1.1fr) minmax(170px, 1.2fr) minmax(190px, 1.3fr) minmax(120px, 0.8fr) auto" },
        gap: { xs: 1, md: 2 },
        alignItems: "center",
        px: { xs: 2, sm: 2.5 },
        py: 1.75,
        borderTop: 1,
        borderColor: "divider",
        "&:first-of-type": { borderTop: 0 },
      }}
    >
      <Box sx={{ minWidth: 0 }}>
        <MuiLink component={Link} to={stockPath(item.instrument)} color="text.primary" sx={{ fontWeight: 650 }}>
          {item.symbol}
        </MuiLink>
        <Typography component="span" variant="caption" color="textSecondary" sx={{ ml: 1 }}>
          {item.exchange}
        </Typography>
        <Typography variant="caption" color="textSecondary" component="p" noWrap>
          {item.name}
        </Typography>
      </Box>
      <Box sx={{ textAlign: { xs: "right", md: "left" } }}>
        <Typography className="figures" sx={{ fontWeight: 650 }}>
          {money(item.price, item.currency)}
        </Typography>
        <Typography variant="caption" color="textSecondary" className="figures" component="p">
          {rule}
        </Typography>
      </Box>
      <Box sx={{ gridColumn: { xs: "1 / -1", md: "auto" } }}>
        <Typography variant="body2" component="p">
          <Time iso={item.reached_at} absolute />
        </Typography>
        {item.recorded_at !== null && (
          <Typography variant="caption" color="textSecondary" className="figures" component="p">
            {t("alerts.row.recorded", { time: dateTime(item.recorded_at, zoneOf(item.exchange)) })}
          </Typography>
        )}
      </Box>
      <MailState status={item.email_status} />
      <Box sx={{ textAlign: "right" }}>
        <Button
          size="small"
          variant="outlined"
          component={Link}
          to={toNew({ instrument: item.instrument, condition: item.condition, price: item.threshold_price })}
          aria-label={t("alerts.row.actionsFor", { action: t("alerts.row.again"), symbol: item.symbol, rule })}
        >
          {t("alerts.row.again")}
        </Button>
      </Box>
    </Box>
  );
}
