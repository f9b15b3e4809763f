import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import MuiLink from "@mui/material/Link";
import Stack from "@mui/material/Stack";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Problem } from "@/api/problem";
import { PasswordField } from "@/ui/PasswordField";
import { useProblemText } from "@/ui/problemText";
import { useSession } from "./context";

interface Credentials {
  identifier: string;
  password: string;
}

/** Sign in. A refusal keeps the address and clears only the password. */
export function LoginForm({ identifier = "", onDone }: { identifier?: string; onDone?: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const textOf = useProblemText();
  const [problem, setProblem] = useState<Problem | null>(null);
  const { register, handleSubmit, resetField, setFocus, getValues, formState } = useForm<Credentials>({
    defaultValues: { identifier, password: "" },
  });

  async function signIn({ identifier: who, password }: Credentials) {
    setProblem(null);
    const result = await session.login(who.trim(), password);
    if (result.ok) {
      onDone?.();
      return;
    }
    setProblem(result.problem);
    resetField("password");
    setFocus("password");
  }

  const { errors, isSubmitting } = formState;
  return (
    <Stack component="form" noValidate onSubmit={(event) => void handleSubmit(signIn)(event)} sx={{ gap: 2 }}>
      {problem !== null && (
        <Alert severity="error" role="alert">
          {textOf(problem)}
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
      <Button type="submit" variant="contained" size="large" loading={isSubmitting}>
        {t("account.login.submit")}
      </Button>
    </Stack>
  );
}
