import Box from "@mui/material/Box";
import MuiLink from "@mui/material/Link";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import "@/i18n/shell";

/** The same links in the same place on every page (WCAG 3.2.6). */
export function Footer() {
  const { t } = useTranslation();
  const link = { color: "text.secondary", py: 0.75, fontSize: "0.8125rem" } as const;
  return (
    <Box
      component="footer"
      sx={{ display: "flex", flexWrap: "wrap", columnGap: 3, py: 3, mt: "auto", borderTop: 1, borderColor: "divider", color: "text.secondary" }}
    >
      <MuiLink component={Link} to="/calendar" sx={link}>
        {t("shell.footerCalendar")}
      </MuiLink>
      <MuiLink component={Link} to="/help" sx={link}>
        {t("shell.footerHelp")}
      </MuiLink>
      <MuiLink component={Link} to="/legal/risk" sx={link}>
        {t("shell.footerRisk")}
      </MuiLink>
      <MuiLink component={Link} to="/legal/terms" sx={link}>
        {t("shell.footerTerms")}
      </MuiLink>
      <MuiLink component={Link} to="/legal/privacy" sx={link}>
        {t("shell.footerPrivacy")}
      </MuiLink>
      <MuiLink href="/docs" sx={link}>
        {t("shell.footerApi")}
      </MuiLink>
    </Box>
  );
}
