import AddRounded from "@mui/icons-material/AddRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import MuiTab from "@mui/material/Tab";
import Tabs from "@mui/material/Tabs";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { useAlertPanelLinks } from "@/ui/alertPanel";
import { PageTitle } from "@/ui/PageTitle";
import { AlertList } from "./AlertList";
import { TABS, tabOf, type Tab } from "./tabs";
import { TriggeredList } from "./TriggeredList";
import "@/i18n/alerts";

export default function AlertsPage() {
  const { t } = useTranslation();
  const id = useId();
  const [params, setParams] = useSearchParams();
  const { toNew } = useAlertPanelLinks();
  const tab = tabOf(params.get("tab"));
  return (
    <>
      <Box sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", gap: 2, mb: 1.5 }}>
        <PageTitle title={t("alerts.title")}>{t("alerts.title")}</PageTitle>
        <Button component={Link} to={toNew({})} variant="contained" startIcon={<AddRounded />}>
          {t("alerts.create")}
        </Button>
      </Box>
      <Tabs
        value={tab}
        onChange={(_, value: Tab) => setParams({ tab: value }, { replace: true })}
        aria-label={t("alerts.tabs.label")}
        variant="scrollable"
        scrollButtons={false}
        sx={{ mb: 2, borderBottom: 1, borderColor: "divider" }}
      >
        {TABS.map((each) => (
          <MuiTab key={each} value={each} label={t(`alerts.tabs.${each}`)} id={`${id}-${each}`} aria-controls={`${id}-panel`} />
        ))}
      </Tabs>
      <Box role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${tab}`}>
        {tab === "triggered" ? <TriggeredList /> : <AlertList key={tab} status={tab} />}
      </Box>
    </>
  );
}
