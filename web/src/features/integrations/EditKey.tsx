import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChangeApiKeyMutation, type ApiKey, type Permission } from "@/api";
import { messageFor, problemOf, type Problem } from "@/api/problem";
import { Asked } from "@/ui/Asked";
import { toastSuccess } from "@/ui/toasts";
import { ScopeBoxes } from "./ScopeBoxes";
import { lines, sameSet } from "./scopes";

/** Changes what a key is called, may do, and from where. It can only be given less than it has. */
export function EditKey({ held, onClose }: { held: ApiKey; onClose: () => void }) {
  const { t } = useTranslation();
  const [change, { isLoading }] = useChangeApiKeyMutation();
  const [name, setName] = useState(held.name);
  const [scopes, setScopes] = useState(held.scopes);
  const [networks, setNetworks] = useState(held.networks.join("\n"));
  const [problem, setProblem] = useState<Problem | null>(null);
  const nameMissing = name.trim() === "";
  const networkMessage = problem === null ? null : messageFor(problem, "networks");

  async function submit() {
    setProblem(null);
    if (nameMissing || scopes.length === 0) return;
    const places = lines(networks);
    // Only what is another: taking scopes or addresses ends the tokens in use.
    const changed = {
      ...(name.trim() !== held.name && { name: name.trim() }),
      ...(!sameSet(scopes, held.scopes) && { scopes: scopes as Permission[] }),
      ...(!sameSet(places, held.networks) && { networks: places }),
    };
    if (Object.keys(changed).length > 0) {
      const answer = await change({ keyId: held.id, authKeyChange: changed });
      if (answer.error !== undefined) {
        setProblem(problemOf(answer.error));
        return;
      }
      toastSuccess(t("integrations.keys.changed"));
    }
    onClose();
  }

  return (
    <Asked
      title={t("integrations.keys.editTitle", { name: held.name })}
      text={t("integrations.keys.editText")}
      submit={t("integrations.save")}
      busy={isLoading}
      problem={networkMessage === null ? problem : null}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      <TextField
        label={t("integrations.keys.name")}
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={nameMissing}
        helperText={nameMissing ? t("integrations.keys.nameNeeded") : undefined}
        slotProps={{ htmlInput: { maxLength: 60 } }}
      />
      <ScopeBoxes offered={held.scopes} chosen={scopes} missing={scopes.length === 0} onChange={setScopes} />
      <TextField
        label={t("integrations.keys.networks")}
        value={networks}
        onChange={(event) => setNetworks(event.target.value)}
        multiline
        minRows={2}
        error={networkMessage !== null}
        helperText={networkMessage ?? t("integrations.keys.networksHint")}
      />
    </Asked>
  );
}
