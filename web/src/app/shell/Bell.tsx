import NotificationsRounded from "@mui/icons-material/NotificationsRounded";
import Badge from "@mui/material/Badge";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import List from "@mui/material/List";
import ListItem from "@mui/material/ListItem";
import ListItemButton from "@mui/material/ListItemButton";
import ListItemText from "@mui/material/ListItemText";
import Popover from "@mui/material/Popover";
import Skeleton from "@mui/material/Skeleton";
import Tooltip from "@mui/material/Tooltip";
import Typography from "@mui/material/Typography";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useListTriggeredAlertsQuery } from "@/api";
import { money } from "@/format/format";
import { usePollingInterval } from "@/live/hooks";
import { DataState } from "@/ui/DataState";
import { useRuleText } from "@/ui/ruleText";
import { stockPath } from "@/ui/stockPath";
import { Time } from "@/ui/Time";

const SHOWN = 10;
const SEEN_KEY = "sharewise.notices-seen";

/** The last triggered alerts, and how many came since one last looked. */
export function Bell() {
  const { t } = useTranslation();
  const ruleText = useRuleText();
  const id = useId();
  const query = useListTriggeredAlertsQuery({ limit: SHOWN }, { pollingInterval: usePollingInterval() });
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [seen, setSeen] = useState(() => localStorage.getItem(SEEN_KEY) ?? "");
  const items = query.data?.items ?? [];
  const unread = items.filter((item) => item.triggered_at > seen).length;

  function open(element: HTMLElement) {
    setAnchor(element);
    const newest = items[0]?.triggered_at;
    if (newest === undefined) return;
    localStorage.setItem(SEEN_KEY, newest);
    setSeen(newest);
  }

  const label = unread > 0 ? t("shell.notificationsUnread", { count: unread }) : t("shell.notifications");
  return (
    <>
      <Tooltip title={t("shell.notifications")}>
        <IconButton aria-label={label} aria-haspopup="dialog" aria-expanded={anchor !== null} onClick={(event) => open(event.currentTarget)}>
          <Badge badgeContent={unread} color="error" slotProps={{ badge: { "aria-hidden": true } }}>
            <NotificationsRounded fontSize="small" />
          </Badge>
        </IconButton>
      </Tooltip>
      <Popover
        open={anchor !== null}
        anchorEl={anchor}
        onClose={() => setAnchor(null)}
        anchorOrigin={{ vertical: "bottom", horizontal: "right" }}
        transformOrigin={{ vertical: "top", horizontal: "right" }}
        slotProps={{ paper: { role: "dialog", "aria-labelledby": id, sx: { width: 372, maxWidth: "calc(100vw - 24px)", mt: 1 } } }}
      >
        <Typography id={id} variant="h2" sx={{ px: 2, pt: 2, pb: 1 }}>
          {t("shell.notifications")}
        </Typography>
        <DataState
          query={query}
          what={t("alerts.what.triggered")}
          skeleton={<Skeleton variant="rounded" height={120} sx={{ mx: 2, mb: 2 }} />}
          isEmpty={(page) => page.items.length === 0}
          empty={
            <Typography variant="body2" color="textSecondary" sx={{ px: 2, pb: 2.5 }}>
              {t("shell.notificationsEmpty")}
            </Typography>
          }
        >
          {(page) => (
            <List disablePadding sx={{ maxHeight: 380, overflowY: "auto" }}>
              {page.items.map((item) => (
                <ListItem key={item.id} disablePadding divider>
                  <ListItemButton component={Link} to={stockPath(item.instrument)} onClick={() => setAnchor(null)}>
                    <ListItemText
                      primary={t("shell.triggeredToast", { symbol: item.symbol, price: money(item.price, item.currency) })}
                      secondary={ruleText(item)}
                      slotProps={{ primary: { className: "figures", sx: { fontWeight: 600 } } }}
                    />
                    <Typography variant="caption" color="textSecondary" sx={{ ml: 2, textAlign: "right" }}>
                      <Time iso={item.triggered_at} />
                    </Typography>
                  </ListItemButton>
                </ListItem>
              ))}
            </List>
          )}
        </DataState>
        <Box sx={{ p: 1 }}>
          <Button fullWidth component={Link} to="/alerts?tab=triggered" onClick={() => setAnchor(null)}>
            {t("shell.allTriggered")}
          </Button>
        </Box>
      </Popover>
    </>
  );
}
