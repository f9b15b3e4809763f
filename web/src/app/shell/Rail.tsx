import Box from "@mui/material/Box";
import { styled } from "@mui/material/styles";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Logo } from "@/ui/Logo";
import { usePlaces } from "./navigation";
import "@/i18n/shell";

// In the unit of the text, which may be twice as large.
const WIDE = "14rem";
const NARROW = "4.75rem";

const Place = styled(Link)(({ theme }) => ({
  display: "flex",
  alignItems: "center",
  gap: 12,
  minHeight: 44,
  paddingInline: 12,
  borderRadius: 10,
  color: theme.vars.palette.text.secondary,
  fontWeight: 600,
  textDecoration: "none",
  "&:hover": { backgroundColor: theme.vars.palette.action.hover, color: theme.vars.palette.text.primary },
  "&[aria-current]": {
    color: theme.vars.palette.primary.main,
    backgroundColor: `color-mix(in srgb, ${theme.vars.palette.primary.main} 10%, transparent)`,
  },
  [theme.breakpoints.down("lg")]: {
    flexDirection: "column",
    gap: 3,
    paddingBlock: 8,
    paddingInline: 2,
    fontSize: "0.6875rem",
    textAlign: "center",
  },
}));

/** The places at the left: with names from 1200 px, as labelled icons from 600 px, gone below (see BottomBar). */
export function Rail() {
  const { t } = useTranslation();
  const places = usePlaces();
  return (
    <Box
      component="nav"
      aria-label={t("shell.mainNavigation")}
      sx={{
        display: { xs: "none", sm: "flex" },
        flexDirection: "column",
        gap: 0.5,
        position: "sticky",
        top: 0,
        height: "100dvh",
        width: { sm: NARROW, lg: WIDE },
        flexShrink: 0,
        px: { sm: 1, lg: 1.5 },
        py: 1.5,
        borderRight: 1,
        borderColor: "divider",
        bgcolor: "background.paper",
      }}
    >
      <Box
        component={Link}
        to="/dashboard"
        sx={{ display: "flex", justifyContent: { sm: "center", lg: "flex-start" }, textDecoration: "none", px: 0.75, py: 0.5, mb: 2, borderRadius: 2 }}
      >
        <Box sx={{ display: { sm: "flex", lg: "none" } }}>
          <Logo markOnly />
        </Box>
        <Box sx={{ display: { sm: "none", lg: "flex" } }}>
          <Logo />
        </Box>
      </Box>
      {places.map(({ to, label, icon: Icon, here }) => (
        <Place key={to} to={to} aria-current={here}>
          <Icon aria-hidden fontSize="small" />
          {t(label)}
        </Place>
      ))}
    </Box>
  );
}
