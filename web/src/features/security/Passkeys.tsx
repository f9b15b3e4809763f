import KeyRounded from "@mui/icons-material/KeyRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import {
  useAddPasskeyMutation,
  useBeginPasskeyMutation,
  useListPasskeysQuery,
  useRemovePasskeyMutation,
  useRenamePasskeyMutation,
  type NewCredential,
  type Passkey,
} from "@/api";
import { problemOf } from "@/api/problem";
import { useSession } from "@/session/context";
import { knowsPasskeys, makePasskey } from "@/session/passkeys";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { DataState } from "@/ui/DataState";
import { useProblemText } from "@/ui/problemText";
import { Time } from "@/ui/Time";
import { toastInfo, toastProblem, toastSuccess } from "@/ui/toasts";
import "@/i18n/account";

/** The person's passkeys: added, named and removed here. */
export function Passkeys({ onRecoveryCodes }: { onRecoveryCodes: (codes: string[]) => void }) {
  const { t } = useTranslation();
  const query = useListPasskeysQuery();
  const [adding, setAdding] = useState(false);
  return (
    <Box sx={{ display: "grid", gap: 2 }}>
      <Typography>{t("account.security.passkeys.text")}</Typography>
      <DataState
        query={query}
        what={t("account.security.what.passkeys")}
        skeleton={<Skeleton variant="rounded" height={60} />}
        isEmpty={(page) => page.items.length === 0}
        empty={<Typography color="textSecondary">{t("account.security.passkeys.none")}</Typography>}
      >
        {(page) => (
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {page.items.map((passkey) => (
              <Row key={passkey.id} passkey={passkey} />
            ))}
          </Box>
        )}
      </DataState>
      {!knowsPasskeys() ? (
        <Typography color="textSecondary">{t("account.security.passkeys.unsupported")}</Typography>
      ) : adding ? (
        <Add onRecoveryCodes={onRecoveryCodes} onClose={() => setAdding(false)} />
      ) : (
        <Box>
          <Button variant="outlined" startIcon={<KeyRounded />} onClick={() => setAdding(true)}>
            {t("account.security.passkeys.add")}
          </Button>
        </Box>
      )}
    </Box>
  );
}

function Add({ onRecoveryCodes, onClose }: { onRecoveryCodes: (codes: string[]) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const fail = useFailure();
  const [begin] = useBeginPasskeyMutation();
  const [add] = useAddPasskeyMutation();

  async function make(name: string) {
    const options = await begin();
    if (options.data === undefined) return fail(options.error);
    const credential = await makePasskey(options.data.public_key);
    if (credential === null) return toastInfo(t("account.security.passkeys.notMade"));
    const answer = await add({ authPasskeyIn: { name, credential: credential as unknown as NewCredential } });
    if (answer.data === undefined) return fail(answer.error);
    toastSuccess(t("account.security.passkeys.added"));
    if (answer.data.recovery_codes !== null) onRecoveryCodes(answer.data.recovery_codes);
    onClose();
    await session.refresh();
  }

  return <NameForm name="" submitLabel={t("account.security.passkeys.add")} onName={make} onClose={onClose} />;
}

function Row({ passkey }: { passkey: Passkey }) {
  const { t } = useTranslation();
  const session = useSession();
  const fail = useFailure();
  const [rename] = useRenamePasskeyMutation();
  const [remove, { isLoading }] = useRemovePasskeyMutation();
  const [doing, setDoing] = useState<"rename" | "remove" | null>(null);
  const { name } = passkey;

  async function change(newName: string) {
    const answer = await rename({ passkeyId: passkey.id, authPasskeyChange: { name: newName } });
    if (answer.data === undefined) return fail(answer.error);
    toastSuccess(t("account.security.passkeys.renamed"));
    setDoing(null);
  }

  async function drop() {
    const answer = await remove({ passkeyId: passkey.id });
    setDoing(null);
    if (answer.error !== undefined) return fail(answer.error);
    toastSuccess(t("account.security.passkeys.removed"));
    await session.refresh();
  }

  return (
    <Box component="li" sx={{ py: 1.25, borderTop: 1, borderColor: "divider", "&:first-of-type": { borderTop: 0 } }}>
      {doing === "rename" ? (
        <NameForm name={name} submitLabel={t("account.security.passkeys.save")} onName={change} onClose={() => setDoing(null)} />
      ) : (
        <Box sx={{ display: "flex", alignItems: "center", flexWrap: "wrap", gap: 1.5 }}>
          <KeyRounded aria-hidden sx={{ color: "text.secondary" }} />
          <Box sx={{ flex: "1 1 200px", minWidth: 0 }}>
            <Typography sx={{ fontWeight: 600 }} noWrap>
              {name}
            </Typography>
            <Typography variant="caption" color="textSecondary" component="p">
              {t("account.security.passkeys.addedAt")} <Time iso={passkey.created_at} />
              {passkey.last_used_at !== null && (
                <>
                  {`, ${t("account.security.passkeys.usedAt")} `}
                  <Time iso={passkey.last_used_at} />
                </>
              )}
              {passkey.backed_up && ` · ${t("account.security.passkeys.synced")}`}
            </Typography>
          </Box>
          <Box sx={{ display: "flex", gap: 0.5 }}>
            <Button size="small" aria-label={t("account.security.passkeys.renameOf", { name })} onClick={() => setDoing("rename")}>
              {t("account.security.passkeys.rename")}
            </Button>
            <Button size="small" color="error" aria-label={t("account.security.passkeys.removeOf", { name })} onClick={() => setDoing("remove")}>
              {t("account.security.passkeys.remove")}
            </Button>
          </Box>
        </Box>
      )}
      <ConfirmDialog
        open={doing === "remove"}
        title={t("account.security.passkeys.removeOf", { name })}
        consequence={t("account.security.passkeys.removeText")}
        confirmLabel={t("account.security.passkeys.remove")}
        busy={isLoading}
        onConfirm={() => void drop()}
        onClose={() => setDoing(null)}
      />
    </Box>
  );
}

interface NameFormProps {
  name: string;
  submitLabel: string;
  onName: (name: string) => Promise<unknown>;
  onClose: () => void;
}

function NameForm({ name, submitLabel, onName, onClose }: NameFormProps) {
  const { t } = useTranslation();
  const { register, handleSubmit, formState } = useForm({ defaultValues: { name } });
  return (
    <Box
      component="form"
      noValidate
      onSubmit={(event) => void handleSubmit((typed) => onName(typed.name.trim()))(event)}
      sx={{ display: "flex", flexWrap: "wrap", gap: 1, alignItems: "flex-start" }}
    >
      <TextField
        autoFocus
        sx={{ flex: "1 1 220px" }}
        label={t("account.security.passkeys.name")}
        error={formState.errors.name !== undefined}
        helperText={formState.errors.name?.message ?? t("account.security.passkeys.nameHint")}
        slotProps={{ htmlInput: { maxLength: 60 } }}
        {...register("name", { validate: (typed) => typed.trim() !== "" || t("account.required") })}
      />
      <Button type="submit" variant="contained" loading={formState.isSubmitting}>
        {submitLabel}
      </Button>
      <Button color="inherit" onClick={onClose}>
        {t("ui.cancel")}
      </Button>
    </Box>
  );
}

/** Tells of what was refused, save that the person would rather not prove who they are. */
function useFailure(): (error: unknown) => void {
  const textOf = useProblemText();
  return (error) => {
    const problem = problemOf(error);
    if (problem.code !== "step_up_required") toastProblem(textOf(problem), problem);
  };
}
