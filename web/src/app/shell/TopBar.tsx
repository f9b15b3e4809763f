import SearchRounded from "@mui/icons-material/SearchRounded";
import Box from "@mui/material/Box";
import ButtonBase from "@mui/material/ButtonBase";
import Chip from "@mui/material/Chip";
import Tooltip from "@mui/material/Tooltip";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useGetMarketStatusQuery } from "@/api";
import { Logo } from "@/ui/Logo";
import { AccountMenu } from "./AccountMenu";
import { Bell } from "./Bell";
import { ConnectionDot } from "./ConnectionDot";
import { ThemeMenu } from "./ThemeMenu";
import "@/i18n/shell";

interface TopBarProps {
  onSearch: () => void;
  onShortcuts: () => void;
}

export function TopBar({ onSearch, onShortcuts }: TopBarProps) {
  return (
    <Box
      component="header"
      sx={{
        position: "sticky",
        top: 0,
        zIndex: "appBar",
        display: "flex",
        alignItems: "center",
        gap: { xs: 0.25, sm: 1 },
        minHeight: 60,
        px: { xs: 1.5, sm: 3 },
        borderBottom: 1,
        borderColor: "divider",
        bgcolor: "background.paper",
      }}
    >
      <Box component={Link} to="/dashboard" sx={{ display: { xs: "flex", sm: "none" }, mr: 0.5, borderRadius: 2 }}>
        <Logo markOnly />
      </Box>
      <SearchButton onOpen={onSearch} />
      <Box sx={{ flex: 1 }} />
      <RecordedChip />
      <ConnectionDot />
      <Bell />
      <Box sx={{ display: { xs: "none", sm: "block" } }}>
        <ThemeMenu />
      </Box>
      <AccountMenu onShortcuts={onShortcuts} />
    </Box>
  );
}

function SearchButton({ onOpen }: { onOpen: () => void }) {
  const { t } = useTranslation();
  return (
    <ButtonBase
      onClick={onOpen}
      aria-haspopup="dialog"
      aria-label={t("shell.searchHint")}
      aria-keyshortcuts="/ Control+K"
      sx={{
        display: "flex",
        justifyContent: { xs: "center", md: "flex-start" },
        gap: 1,
        minWidth: 44,
        minHeight: 40,
        width: { md: 300 },
        px: 1.25,
        borderRadius: 2,
        border: { md: 1 },
        borderColor: { md: "divider" },
        color: "text.secondary",
        fontSize: "0.875rem",
        bgcolor: { md: "background.default" },
        "&:hover": { color: "text.primary" },
      }}
    >
      <SearchRounded aria-hidden fontSize="small" />
      <Box component="span" aria-hidden sx={{ display: { xs: "none", md: "inline" }, flex: 1, textAlign: "left" }}>
        {t("shell.searchHint")}
      </Box>
      <Box component="kbd" aria-hidden sx={{ display: { xs: "none", md: "inline" }, fontFamily: "inherit", fontSize: "0.75rem", fontWeight: 600, border: 1, borderColor: "divider", borderRadius: 1, px: 0.75 }}>
        /
      </Box>
    </ButtonBase>
  );
}

/** Says on every page that prices are played back, when they are. */
function RecordedChip() {
  const { t } = useTranslation();
  const { data: market } = useGetMarketStatusQuery();
  if (market?.mode !== "replay") return null;
  return (
    <Tooltip title={t("shell.recordedLong")}>
      <Chip size="small" variant="outlined" label={t("shell.recorded")} sx={{ display: { xs: "none", md: "inline-flex" }, color: "text.secondary", borderColor: "divider" }} />
    </Tooltip>
  );
}
