import Box from "@mui/material/Box";
import Drawer from "@mui/material/Drawer";
import List from "@mui/material/List";
import ListItem from "@mui/material/ListItem";
import ListItemButton from "@mui/material/ListItemButton";
import ListItemIcon from "@mui/material/ListItemIcon";
import ListItemText from "@mui/material/ListItemText";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { usePlaces } from "./navigation";
import "@/i18n/shell";

/** The places that a phone's bar has no room for. */
export default function MorePlaces({ places, onClose }: { places: ReturnType<typeof usePlaces>; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Drawer anchor="bottom" open onClose={onClose} slotProps={{ paper: { role: "dialog", "aria-modal": true, "aria-label": t("shell.more"), sx: { pb: "env(safe-area-inset-bottom)" } } }}>
      <Box component="nav" aria-label={t("shell.mainNavigation")}>
        <List>
          {places.map(({ to, label, icon: Icon, here }) => (
            <ListItem key={to} disablePadding>
              <ListItemButton component={Link} to={to} aria-current={here} onClick={onClose} sx={{ minHeight: 48, "&[aria-current]": { color: "primary.main" } }}>
                <ListItemIcon sx={{ color: "inherit" }}>
                  <Icon aria-hidden fontSize="small" />
                </ListItemIcon>
                <ListItemText primary={t(label)} />
              </ListItemButton>
            </ListItem>
          ))}
        </List>
      </Box>
    </Drawer>
  );
}
