import Box from "@mui/material/Box";
import Card from "@mui/material/Card";
import Typography from "@mui/material/Typography";
import { useId, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { PageTitle } from "@/ui/PageTitle";
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

function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <Card component="section" aria-labelledby={id} sx={{ p: { xs: 2, sm: 3 } }}>
      <Typography id={id} variant="h2" sx={{ mb: 2 }}>
        {title}
      </Typography>
      {children}
    </Card>
  );
}
