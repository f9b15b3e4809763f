import Box from "@mui/material/Box";
import { styled } from "@mui/material/styles";
import { useTranslation } from "react-i18next";
import { NavLink } from "react-router";
import { usePlaces } from "./navigation";
import "@/i18n/shell";

const Place = styled(NavLink)(({ theme }) => ({
  flex: 1,
  minWidth: 0,
  display: "flex",
  flexDirection: "column",
  alignItems: "center",
  justifyContent: "center",
  gap: 2,
  minHeight: 56,
  fontSize: "0.6875rem",
  fontWeight: 600,
  textDecoration: "none",
  color: theme.vars.palette.text.secondary,
  "&.active": { color: theme.vars.palette.primary.main },
}));

/** The places at the bottom of a phone's screen. */
export function BottomBar() {
  const { t } = useTranslation();
  const places = usePlaces();
  return (
    <Box
      component="nav"
      aria-label={t("shell.mainNavigation")}
      sx={{
        display: { xs: "flex", sm: "none" },
        position: "fixed",
        insetInline: 0,
        bottom: 0,
        zIndex: "appBar",
        bgcolor: "background.paper",
        borderTop: 1,
        borderColor: "divider",
        pb: "env(safe-area-inset-bottom)",
      }}
    >
      {places.map(({ to, short, icon: Icon, end }) => (
        <Place key={to} to={to} end={end}>
          <Icon aria-hidden fontSize="small" />
          {t(short)}
        </Place>
      ))}
    </Box>
  );
}
