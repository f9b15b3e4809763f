import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogContent from "@mui/material/DialogContent";
import DialogContentText from "@mui/material/DialogContentText";
import DialogTitle from "@mui/material/DialogTitle";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useId, useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { useConfirmTwoFactorMutation, useDisableTwoFactorMutation, useEnrollTwoFactorMutation, type Enrolment, type TwoFactor } from "@/api";
import { problemOf, type Problem } from "@/api/problem";
import { useSession } from "@/session/context";
import { ProofForm } from "@/session/ProofForm";
import { CopyButton } from "@/ui/CopyButton";
import { useProblemText } from "@/ui/problemText";
import { Time } from "@/ui/Time";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import "@/i18n/account";

interface AuthenticatorAppProps {
  state: TwoFactor;
  onRecoveryCodes: (codes: string[]) => void;
}

/** The authenticator app: off, being set up, or on. */
export function AuthenticatorApp({ state, onRecoveryCodes }: AuthenticatorAppProps) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [enroll, { isLoading }] = useEnrollTwoFactorMutation();
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  const [turningOff, setTurningOff] = useState(false);

  async function begin() {
    const answer = await enroll();
    if (answer.data !== undefined) setEnrolment(answer.data);
    else {
      const problem = problemOf(answer.error);
      if (problem.code !== "step_up_required") toastProblem(textOf(problem), problem);
    }
  }

  if (state.totp_since !== null) {
    return (
      <Box sx={{ display: "flex", alignItems: "center", flexWrap: "wrap", gap: 2 }}>
        <Typography sx={{ flex: 1 }}>
          {t("account.security.app.on")} <Time iso={state.totp_since} />
        </Typography>
        <Button variant="outlined" onClick={() => setTurningOff(true)}>
          {t("account.security.app.turnOff")}
        </Button>
        {turningOff && <TurnOff onClose={() => setTurningOff(false)} />}
      </Box>
    );
  }
  if (enrolment !== null) {
    return (
      <Enrol
        enrolment={enrolment}
        onClose={() => setEnrolment(null)}
        onDone={(codes) => {
          setEnrolment(null);
          onRecoveryCodes(codes);
        }}
      />
    );
  }
  return (
    <Box sx={{ display: "grid", gap: 2, justifyItems: "start" }}>
      <Typography>{t("account.security.app.off")}</Typography>
      <Button variant="contained" loading={isLoading} onClick={() => void begin()}>
        {t("account.security.app.turnOn")}
      </Button>
    </Box>
  );
}

function Enrol({ enrolment, onDone, onClose }: { enrolment: Enrolment; onDone: (codes: string[]) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const textOf = useProblemText();
  const [confirm] = useConfirmTwoFactorMutation();
  const [refused, setRefused] = useState<string | null>(null);
  const { register, handleSubmit, resetField, formState } = useForm({ defaultValues: { code: "" } });

  async function turnOn({ code }: { code: string }) {
    setRefused(null);
    const answer = await confirm({ authConfirmAppIn: { code: code.replace(/\s/g, "") } });
    if (answer.data === undefined) {
      const problem = problemOf(answer.error);
      setRefused(problem.code === "validation_failed" ? t("account.proof.wrong") : textOf(problem));
      resetField("code");
      return;
    }
    toastSuccess(t("account.security.app.turnedOn"));
    onDone(answer.data.recovery_codes);
    await session.refresh();
  }

  return (
    <Box sx={{ display: "grid", gap: 2 }}>
      <Typography>{t("account.security.app.scan")}</Typography>
      <Box sx={{ display: "grid", gap: 2, gridTemplateColumns: { xs: "1fr", sm: "auto 1fr" }, alignItems: "center" }}>
        <Box component="img" src={enrolment.qr} alt={t("account.security.app.qr")} sx={{ width: 200, height: 200, bgcolor: "#fff", borderRadius: 2 }} />
        <Box>
          <Typography variant="caption" color="textSecondary" component="p">
            {t("account.security.app.secret")}
          </Typography>
          <Typography component="code" sx={{ display: "block", fontFamily: "monospace", overflowWrap: "anywhere" }}>
            {enrolment.secret.match(/.{1,4}/g)?.join(" ")}
          </Typography>
          <CopyButton text={enrolment.secret} label={t("account.security.app.copySecret")} />
        </Box>
      </Box>
      {refused !== null && (
        <Alert severity="error" role="alert">
          {refused}
        </Alert>
      )}
      <Box component="form" noValidate onSubmit={(event) => void handleSubmit(turnOn)(event)} sx={{ display: "grid", gap: 2 }}>
        <TextField
          label={t("account.proof.code")}
          autoComplete="one-time-code"
          error={formState.errors.code !== undefined}
          helperText={formState.errors.code?.message ?? t("account.proof.codeHint")}
          slotProps={{ htmlInput: { inputMode: "numeric", maxLength: 7 } }}
          {...register("code", { required: t("account.required") })}
        />
        <Box sx={{ display: "flex", gap: 1 }}>
          <Button type="submit" variant="contained" loading={formState.isSubmitting}>
            {t("account.security.app.confirm")}
          </Button>
          <Button color="inherit" onClick={onClose}>
            {t("account.security.app.cancel")}
          </Button>
        </Box>
      </Box>
    </Box>
  );
}

function TurnOff({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const [disable] = useDisableTwoFactorMutation();
  const id = useId();

  async function turnOff(proof: Record<string, unknown>): Promise<Problem | null> {
    const answer = await disable({ authDisableIn: proof });
    if (answer.error !== undefined) return problemOf(answer.error);
    toastSuccess(t("account.security.app.turnedOff"));
    onClose();
    await session.refresh();
    return null;
  }

  return (
    <Dialog open onClose={onClose} aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`} maxWidth="xs" fullWidth>
      <DialogTitle id={`${id}-title`}>{t("account.security.app.turnOff")}</DialogTitle>
      <DialogContent>
        <DialogContentText id={`${id}-text`} sx={{ mb: 2.5 }}>
          {t("account.security.app.turnOffText")}
        </DialogContentText>
        <ProofForm methods={["totp", "recovery_code"]} passkeyOptions={null} submitLabel={t("account.security.app.turnOff")} onProof={turnOff} />
        <Button fullWidth color="inherit" sx={{ mt: 1 }} onClick={onClose}>
          {t("account.security.app.cancel")}
        </Button>
      </DialogContent>
    </Dialog>
  );
}
