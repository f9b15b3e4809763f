import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "react-router";
import "@/i18n/companies";

const VIEWS = [
  { to: "/calendar", name: "days" },
  { to: "/calendar/hours", name: "hours" },
] as const;

/** The two calendars: what companies do on which day, and when exchanges trade. */
export function CalendarNav() {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  return (
    <Box component="nav" aria-label={t("companies.views.label")} sx={{ display: "flex", flexWrap: "wrap", gap: 1, mb: 2.5 }}>
      {VIEWS.map(({ to, name }) => (
        <Button key={to} component={Link} to={to} variant={pathname === to ? "contained" : "outlined"} aria-current={pathname === to ? "page" : undefined}>
          {t(`companies.views.${name}`)}
        </Button>
      ))}
    </Box>
  );
}
