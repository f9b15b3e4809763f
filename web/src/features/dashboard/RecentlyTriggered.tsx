import Box from "@mui/material/Box";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useListTriggeredAlertsQuery } from "@/api";
import { money } from "@/format/format";
import { usePollingInterval } from "@/live/hooks";
import { DataState } from "@/ui/DataState";
import { useRuleText } from "@/ui/ruleText";
import { stockPath } from "@/ui/stockPath";
import { Time } from "@/ui/Time";
import { SideCard } from "./SideCard";
import "@/i18n/alerts";
import "@/i18n/market";

const SHOWN = 5;

export function RecentlyTriggered() {
  const { t } = useTranslation();
  const ruleText = useRuleText();
  const query = useListTriggeredAlertsQuery({ limit: 10 }, { pollingInterval: usePollingInterval() });
  return (
    <SideCard title={t("market.dashboard.recent")} to="/alerts?tab=triggered">
      <DataState
        query={query}
        what={t("alerts.what.triggered")}
        skeleton={<Skeleton variant="rounded" height={140} />}
        isEmpty={(page) => page.items.length === 0}
        empty={
          <Typography variant="body2" color="textSecondary">
            {t("market.dashboard.recentEmpty")}
          </Typography>
        }
      >
        {(page) => (
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {page.items.slice(0, SHOWN).map((item) => (
              <Box component="li" key={item.id} sx={{ display: "flex", justifyContent: "space-between", gap: 2, py: 1, borderTop: 1, borderColor: "divider", "&:first-of-type": { borderTop: 0, pt: 0 } }}>
                <Box sx={{ minWidth: 0 }}>
                  <MuiLink component={Link} to={stockPath(item.instrument)} color="text.primary" sx={{ fontWeight: 650 }}>
                    {item.symbol}
                  </MuiLink>
                  <Typography variant="caption" color="textSecondary" className="figures" component="p">
                    {ruleText(item)}
                  </Typography>
                </Box>
                <Box sx={{ textAlign: "right" }}>
                  <Box className="figures" sx={{ fontWeight: 600, fontSize: "0.875rem" }}>
                    {money(item.price, item.currency)}
                  </Box>
                  <Typography variant="caption" color="textSecondary">
                    <Time iso={item.triggered_at} />
                  </Typography>
                </Box>
              </Box>
            ))}
          </Box>
        )}
      </DataState>
    </SideCard>
  );
}
