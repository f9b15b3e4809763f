import AddRounded from "@mui/icons-material/AddRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import MuiTab from "@mui/material/Tab";
import Tabs from "@mui/material/Tabs";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import type { AlertFilters } from "@/api";
import { useAlertPanelLinks } from "@/ui/alertPanel";
import { PageTitle } from "@/ui/PageTitle";
import { useDebounced } from "@/ui/useDebounced";
import { AlertList } from "./AlertList";
import { Filters, KINDS } from "./bulk/Filters";
import { MoreMenu } from "./bulk/MoreMenu";
import { TABS, tabOf, type Tab } from "./tabs";
import { TriggeredList } from "./TriggeredList";
import "@/i18n/alerts";

export default function AlertsPage() {
  const { t } = useTranslation();
  const id = useId();
  const [params, setParams] = useSearchParams();
  const { toNew } = useAlertPanelLinks();
  const tab = tabOf(params.get("tab"));
  const [text, setText] = useState<string>();
  const chosen: AlertFilters = {
    alertType: KINDS.find((kind) => kind === params.get("kind")),
    tag: params.get("tag") ?? undefined,
    watchlistRuleId: params.get("rule") ?? undefined,
  };
  const asked = { ...chosen, text: useDebounced(text?.trim() || undefined, 250) };

  function put(wanted: Tab, filters: AlertFilters) {
    const named = { tab: wanted, kind: filters.alertType, tag: filters.tag, rule: filters.watchlistRuleId };
    const given = Object.entries(named).filter((pair): pair is [string, string] => pair[1] !== undefined);
    setText(filters.text);
    setParams(Object.fromEntries(given), { replace: true });
  }

  return (
    <>
      <Box sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", gap: 2, mb: 1.5 }}>
        <PageTitle title={t("alerts.title")}>{t("alerts.title")}</PageTitle>
        <Box sx={{ display: "flex", gap: 1, alignItems: "center" }}>
          <MoreMenu />
          <Button component={Link} to={toNew({})} variant="contained" startIcon={<AddRounded />}>
            {t("alerts.create")}
          </Button>
        </Box>
      </Box>
      <Tabs
        value={tab}
        onChange={(_, value: Tab) => put(value, { ...chosen, text })}
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
        {tab === "triggered" ? (
          <TriggeredList />
        ) : (
          <>
            <Filters filters={{ ...chosen, text }} onChange={(filters) => put(tab, filters)} />
            <AlertList key={JSON.stringify([tab, asked])} status={tab} filters={asked} />
          </>
        )}
      </Box>
    </>
  );
}
