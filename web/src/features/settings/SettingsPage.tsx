import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useListPlansQuery } from "@/api";
import { useSessionState } from "@/session/context";
import { PageTitle } from "@/ui/PageTitle";
import { Section } from "@/ui/Section";
import { ChangePassword } from "./ChangePassword";
import { Display } from "./Display";
import { Profile } from "./Profile";
import { SupportAccess } from "./SupportAccess";
import "@/i18n/account";
import "@/i18n/profile";
import "@/i18n/staff";
import "@/i18n/shell";

export default function SettingsPage() {
  const { t } = useTranslation();
  const { user } = useSessionState();
  const { data: prices } = useListPlansQuery();
  const plan = prices?.items.find(({ code }) => code === user?.tier)?.name ?? user?.tier ?? "";
  return (
    <Box sx={{ maxWidth: 760, mx: "auto" }}>
      <PageTitle title={t("account.settings.title")}>{t("account.settings.title")}</PageTitle>
      <Box sx={{ display: "grid", gap: 2, mt: 2.5 }}>
        <Section title={t("account.settings.profile")}>
          <Profile />
        </Section>
        {user !== null && (
          <Section title={t("account.settings.plan")}>
            <Box sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", flexWrap: "wrap", gap: 1 }}>
              <Typography>{t("account.settings.planText", { plan })}</Typography>
              <Button component={Link} to="/pricing" variant="outlined">
                {t("account.settings.seePlans")}
              </Button>
            </Box>
          </Section>
        )}
        <Section title={t("account.settings.display")}>
          <Display />
        </Section>
        <Section title={t("profile.password.section")}>
          <ChangePassword />
        </Section>
        <Section title={t("profile.data.title")}>
          <Box sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", flexWrap: "wrap", gap: 1 }}>
            <Typography>{t("profile.data.intro")}</Typography>
            <Button component={Link} to="/settings/data" variant="outlined">
              {t("profile.data.open")}
            </Button>
          </Box>
        </Section>
        <Section title={t("account.security.title")}>
          <Box sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", flexWrap: "wrap", gap: 1 }}>
            <Typography>{t("account.security.intro")}</Typography>
            <Button component={Link} to="/settings/security" variant="outlined">
              {t("account.security.open")}
            </Button>
          </Box>
        </Section>
        <Section title={t("shell.notifications")}>
          <Box sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", flexWrap: "wrap", gap: 1 }}>
            <Typography>{t("profile.notifications.intro")}</Typography>
            <Button component={Link} to="/settings/notifications" variant="outlined">
              {t("profile.notifications.open")}
            </Button>
          </Box>
        </Section>
        <Section title={t("account.settings.integrations")}>
          <Box sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", flexWrap: "wrap", gap: 1 }}>
            <Typography>{t("account.settings.integrationsText")}</Typography>
            <Button component={Link} to="/settings/integrations" variant="outlined">
              {t("account.settings.integrationsOpen")}
            </Button>
          </Box>
        </Section>
        <Section title={t("staff.access.title")}>
          <SupportAccess />
        </Section>
      </Box>
    </Box>
  );
}
