import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useListApiKeysQuery, useRevokeApiKeyMutation, useRotateApiKeyMutation, type ApiKey } from "@/api";
import { Time } from "@/ui/Time";
import { toastSuccess } from "@/ui/toasts";
import { EditKey } from "./EditKey";
import { KeyForm } from "./KeyForm";
import { AskedButton, Row } from "@/ui/Row";
import { Rows } from "./Rows";
import { ScopeList } from "./ScopeList";
import { SecretDialog } from "@/ui/SecretDialog";

const OVERLAP_HOURS = 24;

/** Keys for programs of one's own. */
export function ApiKeys() {
  const { t } = useTranslation();
  const query = useListApiKeysQuery();
  const [secret, setSecret] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Rows query={query} what={t("integrations.what.keys")} empty={t("integrations.keys.empty")}>
        {(key) => <KeyRow key={key.id} held={key} onSecret={setSecret} />}
      </Rows>
      <Box sx={{ mt: 2 }}>
        {asking ? (
          <KeyForm
            onMade={(key) => {
              setAsking(false);
              setSecret(key);
            }}
          />
        ) : (
          <Button variant="contained" onClick={() => setAsking(true)}>
            {t("integrations.keys.create")}
          </Button>
        )}
      </Box>
      <SecretDialog secret={secret} onKept={() => setSecret(null)} />
    </>
  );
}

function KeyRow({ held, onSecret }: { held: ApiKey; onSecret: (key: string) => void }) {
  const { t } = useTranslation();
  const [rotate] = useRotateApiKeyMutation();
  const [revoke] = useRevokeApiKeyMutation();
  const [editing, setEditing] = useState(false);
  const { name } = held;

  async function renew() {
    const answer = await rotate({ keyId: held.id, authKeyRotation: { overlap_hours: OVERLAP_HOURS } });
    if (answer.data !== undefined) onSecret(answer.data.key);
    return answer;
  }

  return (
    <Row
      title={
        <>
          {name}
          {held.kind === "test" && <Chip size="small" label={t("integrations.keys.testChip")} />}
        </>
      }
      actions={
        <>
          <Button size="small" variant="outlined" aria-label={t("integrations.keys.editOf", { name })} onClick={() => setEditing(true)}>
            {t("integrations.edit")}
          </Button>
          <AskedButton
            label={t("integrations.keys.rotate")}
            spoken={t("integrations.keys.rotateOf", { name })}
            title={t("integrations.keys.rotateTitle", { name })}
            consequence={t("integrations.keys.rotateText")}
            onConfirm={renew}
          />
          <AskedButton
            label={t("integrations.keys.revoke")}
            spoken={t("integrations.keys.revokeOf", { name })}
            title={t("integrations.keys.revokeTitle", { name })}
            consequence={t("integrations.keys.revokeText")}
            onConfirm={() => revoke({ keyId: held.id })}
            onDone={() => toastSuccess(t("integrations.keys.revoked"))}
          />
        </>
      }
    >
      <Typography variant="caption" color="textSecondary" component="p" className="figures">
        {held.prefix}…{held.networks.length > 0 && ` · ${held.networks.join(", ")}`}
      </Typography>
      <Typography variant="caption" color="textSecondary" component="p" sx={{ mb: 0.5 }}>
        {held.last_used_at === null ? t("integrations.keys.unused") : <>{t("integrations.keys.used")} <Time iso={held.last_used_at} /></>}
        {" · "}
        {t("integrations.keys.ends")} <Time iso={held.expires_at} absolute />
        {held.old_secret_ends_at !== null && <> · {t("integrations.keys.overlap")} <Time iso={held.old_secret_ends_at} absolute /></>}
      </Typography>
      <ScopeList scopes={held.scopes} />
      {editing && <EditKey held={held} onClose={() => setEditing(false)} />}
    </Row>
  );
}
