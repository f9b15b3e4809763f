import MoreHorizRounded from "@mui/icons-material/MoreHorizRounded";
import Box from "@mui/material/Box";
import { styled, type Theme } from "@mui/material/styles";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { usePlaces } from "./navigation";
import "@/i18n/shell";

const MorePlaces = lazy(() => import("./MorePlaces"));

const look = ({ theme }: { theme: Theme }) => ({
  flex: 1,
  minWidth: 0,
  display: "flex",
  flexDirection: "column" as const,
  alignItems: "center",
  justifyContent: "center",
  gap: 2,
  minHeight: 56,
  padding: 0,
  border: 0,
  background: "none",
  font: "inherit",
  fontSize: "0.6875rem",
  fontWeight: 600,
  textDecoration: "none",
  color: theme.vars.palette.text.secondary,
  "&[aria-current], &.active": { color: theme.vars.palette.primary.main },
});
const Place = styled(Link)(look);
const More = styled("button")(look);

/** The places at the bottom of a phone's screen: the nearest, and the rest in a sheet. */
export function BottomBar() {
  const { t } = useTranslation();
  const places = usePlaces();
  const [isOpen, setIsOpen] = useState(false);
  const far = places.filter(({ near }) => !near);
  const isFar = far.some(({ here }) => here !== undefined);
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
      {places.filter(({ near }) => near).map(({ to, short, icon: Icon, here }) => (
        <Place key={to} to={to} aria-current={here}>
          <Icon aria-hidden fontSize="small" />
          {t(short)}
        </Place>
      ))}
      <More type="button" className={isFar ? "active" : undefined} aria-haspopup="dialog" aria-expanded={isOpen} onClick={() => setIsOpen(true)}>
        <MoreHorizRounded aria-hidden fontSize="small" />
        {t("shell.more")}
      </More>
      <Suspense fallback={null}>{isOpen && <MorePlaces places={far} onClose={() => setIsOpen(false)} />}</Suspense>
    </Box>
  );
}
