import Box from "@mui/material/Box";
import { useTranslation } from "react-i18next";
import { CompanyFiles } from "./CompanyFiles";
import { Failovers } from "./Failovers";
import { InstrumentLists } from "./InstrumentLists";
import { PriceImports } from "./PriceImports";
import { Providers } from "./Providers";
import { StaffPage } from "@/ui/StaffPage";

/** Where prices come from: how the providers are doing and take over from each other, and the files and lists that were imported. */
export default function SourcesPage() {
  const { t } = useTranslation();
  return (
    <StaffPage title={t("staff.tabs.sources")}>
      <Box sx={{ display: "grid", gap: 3 }}>
        <Providers />
        <Failovers />
        <PriceImports />
        <InstrumentLists />
        <CompanyFiles />
      </Box>
    </StaffPage>
  );
}
