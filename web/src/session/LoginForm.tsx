import KeyRounded from "@mui/icons-material/KeyRounded";
import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import MuiLink from "@mui/material/Link";
import Stack from "@mui/material/Stack";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Problem } from "@/api/problem";
import { PasswordField } from "@/ui/PasswordField";
import { useProblemText } from "@/ui/problemText";
import { useSession } from "./context";
import { ElsewhereButtons } from "./ElsewhereButtons";
import { knowsPasskeys } from "./passkeys";
import { ProofForm } from "./ProofForm";
import type { LoginResult, SecondProof, SecondStep } from "./session";
import "@/i18n/account";
import "@/i18n/profile";

interface Credentials {
  identifier: string;
  password: string;
}

/** Sign in. A refusal keeps the address and clears only the password. `step`: the first step was taken elsewhere. */
export function LoginForm({ identifier = "", step: begun, onDone }: { identifier?: string; step?: SecondStep; onDone?: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const textOf = useProblemText();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [step, setStep] = useState<SecondStep | null>(begun ?? null);
  const [asksPasskey, setAsksPasskey] = useState(false);
  const [byPasskey, setByPasskey] = useState(false);
  const { register, handleSubmit, resetField, setFocus, getValues, watch, formState } = useForm<Credentials>({
    defaultValues: { identifier, password: "" },
  });

  /** Say what came of it: done, one more step, or the problem that is left to show. */
  function take(result: LoginResult): Problem | null {
    if (result.ok) {
      onDone?.();
      return null;
    }
    if ("step" in result) {
      setStep(result.step);
      return null;
    }
    return result.problem;
  }

  async function signIn({ identifier: who, password }: Credentials) {
    setProblem(null);
    setByPasskey(false);
    const refused = take(await session.login(who.trim(), password));
    if (refused === null) return;
    setProblem(refused);
    resetField("password");
    setFocus("password");
  }

  async function signInByPasskey() {
    setProblem(null);
    setByPasskey(true);
    setAsksPasskey(true);
    const result = await session.loginByPasskey();
    setAsksPasskey(false);
    if (result !== null) setProblem(take(result));
  }

  async function finish(proof: SecondProof) {
    if (step === null) return null;
    const refused = take(await session.finishLogin(step, proof));
    if (refused?.code !== "invalid_token") return refused;
    setStep(null);
    setProblem(refused);
    return null;
  }

  if (step !== null) {
    return (
      <Stack sx={{ gap: 2 }}>
        <Typography>{t("account.proof.text")}</Typography>
        <ProofForm
          methods={step.methods}
          passkeyOptions={step.passkey?.public_key ?? null}
          submitLabel={t("account.login.submit")}
          onProof={finish}
        />
        <Button color="inherit" size="small" onClick={() => setStep(null)}>
          {t("account.proof.startOver")}
        </Button>
      </Stack>
    );
  }

  const problemText = (refused: Problem) => {
    if (refused.code === "invalid_token") return t("account.proof.ended");
    return byPasskey && refused.code === "invalid_credentials" ? t("account.proof.passkeyRefused") : textOf(refused);
  };
  const { errors, isSubmitting } = formState;
  return (
    <Stack component="form" noValidate onSubmit={(event) => void handleSubmit(signIn)(event)} sx={{ gap: 2 }}>
      {problem !== null && (
        <Alert severity="error" role="alert">
          {problemText(problem)}
          {problem.code === "email_unverified" && (
            <>
              {" "}
              <MuiLink component={Link} to="/resend-verification" state={{ email: getValues("identifier") }} color="inherit" underline="always">
                {t("account.login.resend")}
              </MuiLink>
            </>
          )}
        </Alert>
      )}
      <TextField
        label={t("account.identifier")}
        autoComplete="username"
        error={errors.identifier !== undefined}
        helperText={errors.identifier?.message}
        {...register("identifier", { required: t("account.required") })}
      />
      <PasswordField
        label={t("account.password")}
        autoComplete="current-password"
        error={errors.password !== undefined}
        helperText={errors.password?.message}
        {...register("password", { required: t("account.required") })}
      />
      <MuiLink component={Link} to="/forgot-password" state={{ email: watch("identifier") }} variant="body2" sx={{ alignSelf: "flex-end", mt: -1 }}>
        {t("profile.forgot.link")}
      </MuiLink>
      <Button type="submit" variant="contained" size="large" loading={isSubmitting}>
        {t("account.login.submit")}
      </Button>
      {knowsPasskeys() && (
        <Button variant="outlined" size="large" startIcon={<KeyRounded />} loading={asksPasskey} onClick={() => void signInByPasskey()}>
          {t("account.login.passkey")}
        </Button>
      )}
      <ElsewhereButtons />
    </Stack>
  );
}
