import KeyRounded from "@mui/icons-material/KeyRounded";
import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Stack from "@mui/material/Stack";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import type { Method } from "@/api/generated";
import type { Problem } from "@/api/problem";
import { useProblemText } from "@/ui/problemText";
import "@/i18n/account";
import { knowsPasskeys, signByPasskey } from "./passkeys";
import type { SecondProof } from "./session";

interface ProofFormProps {
  methods: readonly Method[];
  passkeyOptions: Record<string, unknown> | null;
  submitLabel: string;
  /** Hand the proof over; what was refused is shown. */
  onProof: (proof: SecondProof) => Promise<Problem | null>;
}

/** Asks for a second factor: a passkey, a code of the app, or a recovery code. */
export function ProofForm({ methods, passkeyOptions, submitLabel, onProof }: ProofFormProps) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [byRecovery, setByRecovery] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const hasCode = methods.includes("totp");
  const hasPasskey = methods.includes("passkey") && passkeyOptions !== null && knowsPasskeys();
  const asksCode = hasCode && !byRecovery;
  const { register, handleSubmit, reset, formState } = useForm({ defaultValues: { code: "" } });

  async function prove(proof: SecondProof) {
    setRefused(null);
    const problem = await onProof(proof);
    if (problem === null) return;
    const isWrong = problem.code === "invalid_credentials" || problem.errors.some(({ code }) => code === "code_wrong" || code === "code_invalid");
    if ("passkey" in proof && problem.status !== 429) setRefused(t("account.proof.passkeyRefused"));
    else setRefused(isWrong || problem.code === "validation_failed" ? t("account.proof.wrong") : textOf(problem));
    reset();
  }

  async function provePasskey() {
    setBusy(true);
    const passkey = passkeyOptions === null ? null : await signByPasskey(passkeyOptions);
    if (passkey !== null) await prove({ passkey });
    setBusy(false);
  }

  const showsField = hasCode || byRecovery || !hasPasskey;
  const field = register("code", { required: t("account.required"), setValueAs: (value: string) => value.trim() });
  return (
    <Stack sx={{ gap: 2 }}>
      {refused !== null && (
        <Alert severity="error" role="alert">
          {refused}
        </Alert>
      )}
      {hasPasskey && (
        <Button variant={showsField ? "outlined" : "contained"} size="large" startIcon={<KeyRounded />} loading={busy} onClick={() => void provePasskey()}>
          {t("account.proof.usePasskey")}
        </Button>
      )}
      {showsField && (
        <Stack
          component="form"
          noValidate
          sx={{ gap: 2 }}
          onSubmit={(event) => void handleSubmit(({ code }) => prove(asksCode ? { code: code.replace(/\s/g, "") } : { recovery_code: code }))(event)}
        >
          {asksCode ? (
            <TextField
              key="code"
              autoFocus
              label={t("account.proof.code")}
              autoComplete="one-time-code"
              error={formState.errors.code !== undefined}
              helperText={formState.errors.code?.message ?? t("account.proof.codeHint")}
              slotProps={{ htmlInput: { inputMode: "numeric", maxLength: 7 } }}
              {...field}
            />
          ) : (
            <TextField
              key="recovery"
              autoFocus
              label={t("account.proof.recoveryCode")}
              autoComplete="off"
              error={formState.errors.code !== undefined}
              helperText={formState.errors.code?.message ?? t("account.proof.recoveryHint")}
              slotProps={{ htmlInput: { maxLength: 60, autoCapitalize: "characters", spellCheck: false } }}
              {...field}
            />
          )}
          <Button type="submit" variant="contained" size="large" loading={formState.isSubmitting}>
            {submitLabel}
          </Button>
        </Stack>
      )}
      {(hasCode || hasPasskey) && (
        <Button
          color="inherit"
          size="small"
          onClick={() => {
            setByRecovery(!byRecovery);
            setRefused(null);
            reset();
          }}
        >
          {byRecovery ? t(hasCode ? "account.proof.useCode" : "account.proof.usePasskey") : t("account.proof.useRecovery")}
        </Button>
      )}
    </Stack>
  );
}
