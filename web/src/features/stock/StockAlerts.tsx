import AddAlertRounded from "@mui/icons-material/AddAlertRounded";
import EditRounded from "@mui/icons-material/EditRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import IconButton from "@mui/material/IconButton";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Alert, Stock } from "@/api";
import { distanceTo, levelOf } from "@/format/distance";
import { money, percent } from "@/format/format";
import type { Quote } from "@/live/quotes";
import { useAlertPanelLinks } from "@/ui/alertPanel";
import { DataState, type Region } from "@/ui/DataState";
import { useRuleText } from "@/ui/ruleText";
import "@/i18n/alerts";
import "@/i18n/market";

interface StockAlertsProps {
  stock: Stock;
  quote: Quote | undefined;
  query: Region<{ items: Alert[] }>;
}

/** The person's active alerts on this stock, with the distance to each. */
export function StockAlerts({ stock, quote, query }: StockAlertsProps) {
  const { t } = useTranslation();
  const { toNew, toEdit } = useAlertPanelLinks();
  const ruleText = useRuleText();
  return (
    <Card component="section" aria-label={t("market.stock.alerts")} sx={{ p: 2 }}>
      <Typography variant="h2" sx={{ fontSize: "0.9375rem", mb: 1.5 }}>
        {t("market.stock.alerts")}
      </Typography>
      <DataState
        query={query}
        what={t("market.what.nearest")}
        skeleton={<Skeleton variant="rounded" height={96} />}
        isEmpty={(page) => page.items.length === 0}
        empty={
          <Typography variant="body2" color="textSecondary">
            {t("market.stock.alertsEmpty", { symbol: stock.symbol })}
          </Typography>
        }
      >
        {(page) => (
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {page.items.map((alert) => {
              const level = levelOf(alert);
              const distance = quote === undefined || level === null ? null : distanceTo(level, quote.price);
              return (
                <Box component="li" key={alert.id} sx={{ display: "flex", alignItems: "center", gap: 1, py: 0.75, borderTop: 1, borderColor: "divider", "&:first-of-type": { borderTop: 0 } }}>
                  <Box className="figures" sx={{ flex: 1, minWidth: 0 }}>
                    <Typography sx={{ fontWeight: 600 }}>{ruleText(alert)}</Typography>
                    <Typography variant="caption" color="textSecondary" component="p">
                      {level === null
                        ? alert.note
                        : distance === null
                        ? t("market.dashboard.waiting")
                        : distance.reached
                          ? t("market.dashboard.reached")
                          : t("alerts.row.away", { amount: money(distance.amount, stock.currency), percent: percent(distance.percent ?? "0").replace("+", "") })}
                    </Typography>
                  </Box>
                  <IconButton component={Link} to={toEdit(alert.id)} aria-label={t("alerts.row.actionsFor", { action: t("alerts.row.edit"), symbol: stock.symbol, rule: ruleText(alert) })}>
                    <EditRounded fontSize="small" />
                  </IconButton>
                </Box>
              );
            })}
          </Box>
        )}
      </DataState>
      <Button component={Link} to={toNew({ instrument: stock.instrument })} variant="contained" fullWidth startIcon={<AddAlertRounded />} sx={{ mt: 2 }}>
        {t("market.createAlert")}
      </Button>
    </Card>
  );
}
