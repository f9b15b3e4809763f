import { addTexts } from "@/i18n";
import { integrations } from "@/i18n/en/integrations";
import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { PageTitle } from "@/ui/PageTitle";
import { ApiKeys } from "./ApiKeys";
import { ConnectedApps } from "./ConnectedApps";
import { MyApps } from "./MyApps";
import { Section } from "@/ui/Section";

addTexts({ integrations });

/** Who else may use the account: keys, apps that were let in, apps of one's own. */
export default function IntegrationsPage() {
  const { t } = useTranslation();
  return (
    <Box sx={{ maxWidth: 760, mx: "auto" }}>
      <PageTitle title={t("integrations.title")}>{t("integrations.title")}</PageTitle>
      <Typography color="textSecondary">{t("integrations.intro")}</Typography>
      <Box sx={{ display: "grid", gap: 2, mt: 2.5 }}>
        <Section title={t("integrations.keys.title")}>
          <ApiKeys />
        </Section>
        <Section title={t("integrations.connected.title")}>
          <ConnectedApps />
        </Section>
        <Section title={t("integrations.mine.title")}>
          <MyApps />
        </Section>
      </Box>
    </Box>
  );
}
