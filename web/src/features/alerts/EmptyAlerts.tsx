import NotificationsNoneRounded from "@mui/icons-material/NotificationsNoneRounded";
import Button from "@mui/material/Button";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useAlertPanelLinks } from "@/ui/alertPanel";
import { Panel } from "@/ui/Notices";
import type { Tab } from "./tabs";
import "@/i18n/alerts";

export function EmptyAlerts({ tab }: { tab: Tab }) {
  const { t } = useTranslation();
  const { toNew } = useAlertPanelLinks();
  return (
    <Panel
      icon={<NotificationsNoneRounded />}
      title={t(`alerts.empty.${tab}`)}
      actions={
        tab === "active" || tab === "triggered" ? (
          <Button variant="contained" component={Link} to={toNew({})}>
            {t("alerts.create")}
          </Button>
        ) : undefined
      }
    >
      {t(`alerts.empty.${tab}Text`)}
    </Panel>
  );
}
