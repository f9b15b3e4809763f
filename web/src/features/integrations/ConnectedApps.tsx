import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { useDisconnectAppMutation, useListConnectedAppsQuery } from "@/api";
import { Time } from "@/ui/Time";
import { toastSuccess } from "@/ui/toasts";
import { AskedButton, Row } from "@/ui/Row";
import { Rows } from "./Rows";
import { ScopeList } from "./ScopeList";

/** Apps of others that were let in. */
export function ConnectedApps() {
  const { t } = useTranslation();
  const query = useListConnectedAppsQuery();
  const [disconnect] = useDisconnectAppMutation();
  return (
    <Rows query={query} what={t("integrations.what.apps")} empty={t("integrations.connected.empty")}>
      {(app) => (
        <Row
          key={app.app_id}
          title={app.name}
          actions={
            <AskedButton
              label={t("integrations.connected.disconnect")}
              spoken={t("integrations.connected.disconnectOf", { name: app.name })}
              title={t("integrations.connected.disconnectTitle", { name: app.name })}
              consequence={t("integrations.connected.disconnectText")}
              onConfirm={() => disconnect({ appId: app.app_id })}
              onDone={() => toastSuccess(t("integrations.connected.disconnected"))}
            />
          }
        >
          <Typography variant="caption" color="textSecondary" component="p" sx={{ mb: 0.5 }}>
            {app.hosts.join(", ")} · {t("integrations.connected.since")} <Time iso={app.connected_at} />
          </Typography>
          <ScopeList scopes={app.scopes} />
        </Row>
      )}
    </Rows>
  );
}
