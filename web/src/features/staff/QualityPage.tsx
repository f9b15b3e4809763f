import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { QualityCounts } from "./QualityCounts";
import { QualityList } from "./QualityList";
import { Splits } from "./Splits";
import { StaffPage } from "@/ui/StaffPage";
import "@/i18n/marketData";

/** What of the market's data was not believed, and what staff say to it. */
export default function QualityPage() {
  const { t } = useTranslation();
  return (
    <StaffPage title={t("staff.tabs.quality")}>
      <Typography color="textSecondary" sx={{ mb: 2.5 }}>
        {t("marketData.quality.intro")}
      </Typography>
      <Box sx={{ display: "grid", gap: 3 }}>
        <QualityCounts />
        <QualityList />
        <Splits />
      </Box>
    </StaffPage>
  );
}
