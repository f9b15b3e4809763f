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
import { useCountUnreadNotificationsQuery, useListNotificationsQuery, useReadAllNotificationsMutation, useReadNotificationMutation } from "@/api";
import { usePollingInterval } from "@/live/hooks";
import { DataState } from "@/ui/DataState";
import { Time } from "@/ui/Time";
import "@/i18n/shell";

const SHOWN = 10;

/** The last notices, and how many were not read yet. */
export function Bell() {
  const { t } = useTranslation();
  const id = useId();
  const pollingInterval = usePollingInterval();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const query = useListNotificationsQuery({ limit: SHOWN }, { pollingInterval, skip: anchor === null });
  const unread = useCountUnreadNotificationsQuery(undefined, { pollingInterval }).data?.unread ?? 0;
  const [read] = useReadNotificationMutation();
  const [readAll, { isLoading }] = useReadAllNotificationsMutation();

  const label = unread > 0 ? t("shell.notificationsUnread", { count: unread }) : t("shell.notifications");
  return (
    <>
      <Tooltip title={t("shell.notifications")}>
        <IconButton aria-label={label} aria-haspopup="dialog" aria-expanded={anchor !== null} onClick={(event) => setAnchor(event.currentTarget)}>
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
        <Box sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", gap: 1, px: 2, pt: 1.5, pb: 1 }}>
          <Typography id={id} variant="h2">
            {t("shell.notifications")}
          </Typography>
          {unread > 0 && (
            <Button size="small" loading={isLoading} onClick={() => void readAll({})}>
              {t("shell.readAll")}
            </Button>
          )}
        </Box>
        <DataState
          query={query}
          what={t("shell.notifications")}
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
                  <ListItemButton
                    component={Link}
                    to={item.link}
                    onClick={() => {
                      setAnchor(null);
                      if (item.read_at === null) void read({ noticeId: item.id });
                    }}
                  >
                    <ListItemText
                      primary={
                        <>
                          {item.read_at === null && <span className="visually-hidden">{t("shell.unread")}: </span>}
                          {item.title}
                        </>
                      }
                      secondary={item.text}
                      slotProps={{ primary: { className: "figures", sx: { fontWeight: item.read_at === null ? 700 : 450 } } }}
                    />
                    <Typography variant="caption" color="textSecondary" sx={{ ml: 2, flex: "none", textAlign: "right" }}>
                      <Time iso={item.created_at} />
                    </Typography>
                  </ListItemButton>
                </ListItem>
              ))}
            </List>
          )}
        </DataState>
        <Box sx={{ p: 1 }}>
          <Button fullWidth component={Link} to="/notifications" onClick={() => setAnchor(null)}>
            {t("shell.allNotifications")}
          </Button>
        </Box>
      </Popover>
    </>
  );
}
