import ContrastRounded from "@mui/icons-material/ContrastRounded";
import DarkModeRounded from "@mui/icons-material/DarkModeRounded";
import LightModeRounded from "@mui/icons-material/LightModeRounded";
import IconButton from "@mui/material/IconButton";
import ListItemIcon from "@mui/material/ListItemIcon";
import Menu from "@mui/material/Menu";
import MenuItem from "@mui/material/MenuItem";
import { useColorScheme } from "@mui/material/styles";
import Tooltip from "@mui/material/Tooltip";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import "@/i18n/shell";

const MODES = [
  { mode: "light", icon: LightModeRounded },
  { mode: "dark", icon: DarkModeRounded },
  { mode: "system", icon: ContrastRounded },
] as const;

export function ThemeMenu() {
  const { t } = useTranslation();
  const { mode = "system", setMode } = useColorScheme();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const Current = MODES.find((each) => each.mode === mode)?.icon ?? ContrastRounded;
  return (
    <>
      <Tooltip title={t("shell.theme")}>
        <IconButton
          aria-label={t("shell.theme")}
          aria-haspopup="menu"
          aria-expanded={anchor !== null}
          onClick={(event) => setAnchor(event.currentTarget)}
        >
          <Current fontSize="small" />
        </IconButton>
      </Tooltip>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)}>
        {MODES.map(({ mode: each, icon: Icon }) => (
          <MenuItem
            key={each}
            selected={each === mode}
            onClick={() => {
              setMode(each);
              setAnchor(null);
            }}
          >
            <ListItemIcon>
              <Icon fontSize="small" />
            </ListItemIcon>
            {t(`shell.${each}`)}
          </MenuItem>
        ))}
      </Menu>
    </>
  );
}
