import Box from "@mui/material/Box";
import Card from "@mui/material/Card";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { PageTitle } from "@/ui/PageTitle";
import { NewAlert } from "./NewAlert";

export default function NewAlertPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const instrument = useSearchParams()[0].get("symbol") ?? undefined;
  return (
    <Box sx={{ maxWidth: 560, mx: "auto" }}>
      <PageTitle title={t("alerts.form.title")}>{t("alerts.form.title")}</PageTitle>
      <Card sx={{ p: { xs: 2, sm: 3 }, mt: 2.5 }}>
        <NewAlert draft={{ instrument }} onDone={() => void navigate("/alerts")} />
      </Card>
    </Box>
  );
}
