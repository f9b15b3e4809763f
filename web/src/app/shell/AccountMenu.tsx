import KeyboardRounded from "@mui/icons-material/KeyboardRounded";
import LogoutRounded from "@mui/icons-material/LogoutRounded";
import SettingsRounded from "@mui/icons-material/SettingsRounded";
import Avatar from "@mui/material/Avatar";
import Box from "@mui/material/Box";
import Divider from "@mui/material/Divider";
import IconButton from "@mui/material/IconButton";
import ListItemIcon from "@mui/material/ListItemIcon";
import Menu from "@mui/material/Menu";
import MenuItem from "@mui/material/MenuItem";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useSession, useSessionState } from "@/session/context";
import "@/i18n/shell";

export function AccountMenu({ onShortcuts }: { onShortcuts: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const { user } = useSessionState();
  const navigate = useNavigate();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  if (user === null) return null;
  const name = `${user.first_name} ${user.last_name}`.trim() || (user.username ?? user.email);
  const close = () => setAnchor(null);
  return (
    <>
      <IconButton
        aria-label={t("shell.account")}
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        onClick={(event) => setAnchor(event.currentTarget)}
        sx={{ p: 0.5 }}
      >
        <Avatar sx={{ width: 32, height: 32, fontSize: "0.875rem", fontWeight: 650, bgcolor: "primary.main", color: "primary.contrastText" }}>
          {name.slice(0, 1).toUpperCase()}
        </Avatar>
      </IconButton>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={close} slotProps={{ paper: { role: "region", "aria-label": t("shell.account"), sx: { minWidth: 232 } } }}>
        <Box component="li" role="none" sx={{ px: 2, py: 1, outline: "none" }}>
          <Typography variant="h3" component="p" noWrap>
            {name}
          </Typography>
          <Typography variant="caption" color="textSecondary" noWrap component="p">
            {user.email}
          </Typography>
        </Box>
        <Divider role="none" component="li" />
        <MenuItem
          onClick={() => {
            close();
            void navigate("/settings");
          }}
        >
          <ListItemIcon>
            <SettingsRounded fontSize="small" />
          </ListItemIcon>
          {t("shell.settings")}
        </MenuItem>
        <MenuItem
          onClick={() => {
            close();
            onShortcuts();
          }}
        >
          <ListItemIcon>
            <KeyboardRounded fontSize="small" />
          </ListItemIcon>
          {t("shell.shortcuts")}
        </MenuItem>
        <MenuItem
          onClick={() => {
            close();
            void session.logout();
          }}
        >
          <ListItemIcon>
            <LogoutRounded fontSize="small" />
          </ListItemIcon>
          {t("shell.signOut")}
        </MenuItem>
      </Menu>
    </>
  );
}
