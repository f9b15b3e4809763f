import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { useDisconnectAppMutation, useListConnectedAppsQuery } from "@/api";
import { DataState } from "@/ui/DataState";
import { Time } from "@/ui/Time";
import { toastSuccess } from "@/ui/toasts";
import { AskedButton, Row } from "./Row";
import { ScopeList } from "./ScopeList";

/** Apps of others that were let in. */
export function ConnectedApps() {
  const { t } = useTranslation();
  const query = useListConnectedAppsQuery();
  const [disconnect] = useDisconnectAppMutation();
  return (
    <DataState
      query={query}
      what={t("integrations.what.apps")}
      skeleton={<Skeleton variant="rounded" height={72} />}
      isEmpty={(page) => page.items.length === 0}
      empty={<Typography color="textSecondary">{t("integrations.connected.empty")}</Typography>}
    >
      {(page) => (
        <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
          {page.items.map((app) => (
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
          ))}
        </Box>
      )}
    </DataState>
  );
}
