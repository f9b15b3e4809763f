import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { useTranslation } from "react-i18next";
import { Link, Outlet } from "react-router";
import { useSessionState } from "@/session/context";
import { Logo } from "@/ui/Logo";
import { Footer } from "./Footer";
import { SkipLink } from "./SkipLink";
import { ThemeMenu } from "./ThemeMenu";
import "@/i18n/site";
import "@/i18n/shell";

/** The frame of the pages that everybody may see. */
export default function PublicShell() {
  const { t } = useTranslation();
  const { status } = useSessionState();
  return (
    <Box sx={{ minHeight: "100dvh", display: "flex", flexDirection: "column" }}>
      <SkipLink>{t("shell.skip")}</SkipLink>
      <Box component="header" sx={{ position: "sticky", top: 0, zIndex: "appBar", bgcolor: "background.default", borderBottom: 1, borderColor: "divider" }}>
        <Box sx={{ display: "flex", alignItems: "center", gap: { xs: 0.5, sm: 1 }, minHeight: 64, maxWidth: 1160, mx: "auto", px: { xs: 1.5, sm: 3 } }}>
          <Box component={Link} to="/" sx={{ display: "flex", textDecoration: "none", borderRadius: 2, mr: "auto" }}>
            <Box sx={{ display: { xs: "flex", sm: "none" } }}>
              <Logo markOnly />
            </Box>
            <Box sx={{ display: { xs: "none", sm: "flex" } }}>
              <Logo />
            </Box>
          </Box>
          <Box component="nav" aria-label={t("shell.mainNavigation")} sx={{ display: "flex", alignItems: "center", gap: { xs: 0.25, sm: 1 } }}>
            <Button component={Link} to="/pricing" color="inherit" sx={{ px: { xs: 1.25, sm: 2 } }}>
              {t("site.pricing.nav")}
            </Button>
            {status === "signed_in" ? (
              <Button component={Link} to="/dashboard" variant="contained">
                {t("shell.dashboard")}
              </Button>
            ) : (
              <>
                <Button component={Link} to="/login" color="inherit" sx={{ px: { xs: 1.25, sm: 2 } }}>
                  {t("shell.signIn")}
                </Button>
                <Button component={Link} to="/register" variant="contained" sx={{ display: { xs: "none", sm: "inline-flex" } }}>
                  {t("shell.getStarted")}
                </Button>
              </>
            )}
          </Box>
          <ThemeMenu />
        </Box>
      </Box>
      <Box component="main" id="main" tabIndex={-1} sx={{ flex: 1, outline: "none" }}>
        <Outlet />
      </Box>
      <Box sx={{ width: "100%", maxWidth: 1160, mx: "auto", px: { xs: 2, sm: 3 } }}>
        <Footer />
      </Box>
    </Box>
  );
}
