import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { PageTitle } from "@/ui/PageTitle";
import { Section } from "@/ui/Section";
import { DeleteAccount } from "./DeleteAccount";
import { ExportData } from "./ExportData";
import "@/i18n/profile";

/** Taking one's data along, and having it deleted. */
export default function DataPage() {
  const { t } = useTranslation();
  return (
    <Box sx={{ maxWidth: 760, mx: "auto" }}>
      <PageTitle title={t("profile.data.title")}>{t("profile.data.title")}</PageTitle>
      <Typography color="textSecondary">{t("profile.data.intro")}</Typography>
      <Box sx={{ display: "grid", gap: 2, mt: 2.5 }}>
        <Section title={t("profile.data.exportTitle")}>
          <ExportData />
        </Section>
        <Section title={t("profile.data.deleteTitle")}>
          <DeleteAccount />
        </Section>
      </Box>
    </Box>
  );
}
