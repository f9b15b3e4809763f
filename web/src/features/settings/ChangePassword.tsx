import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useChangePasswordMutation } from "@/api";
import { messageFor, problemOf, type Problem } from "@/api/problem";
import { useSessionState } from "@/session/context";
import { NewPasswordField } from "@/ui/NewPasswordField";
import { PasswordField } from "@/ui/PasswordField";
import { useProblemText } from "@/ui/problemText";
import { toastSuccess } from "@/ui/toasts";
import "@/i18n/account";
import "@/i18n/profile";

const FIELDS = ["current_password", "password"] as const;

export function ChangePassword() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const { user } = useSessionState();
  const [change] = useChangePasswordMutation();
  const [problem, setProblem] = useState<Problem | null>(null);
  const { register, handleSubmit, watch, reset, setError, formState } = useForm({
    defaultValues: { current_password: "", password: "" },
  });
  const { errors, isSubmitting } = formState;

  async function submit(passwords: { current_password: string; password: string }) {
    setProblem(null);
    const answer = await change({ authPasswordChange: passwords });
    if (answer.error === undefined) {
      reset();
      toastSuccess(t("profile.password.done"));
      return;
    }
    const refused = problemOf(answer.error);
    const field = FIELDS.find((name) => messageFor(refused, name) !== null);
    if (field === undefined) setProblem(refused);
    else setError(field, { message: messageFor(refused, field) ?? "" }, { shouldFocus: true });
  }

  return (
    <Box component="form" noValidate onSubmit={(event) => void handleSubmit(submit)(event)} sx={{ display: "grid", gap: 2, maxWidth: 420 }}>
      {problem !== null && (
        <Alert severity="error" role="alert">
          {textOf(problem)}
        </Alert>
      )}
      <PasswordField
        label={t("profile.password.current")}
        autoComplete="current-password"
        error={errors.current_password !== undefined}
        helperText={errors.current_password?.message}
        {...register("current_password", { required: t("account.required") })}
      />
      <NewPasswordField
        label={t("profile.password.fresh")}
        password={watch("password")}
        error={errors.password?.message}
        field={register("password", { required: t("account.required") })}
        owner={{ email: user?.email, first_name: user?.first_name, last_name: user?.last_name }}
      />
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1 }}>
        <Button type="submit" variant="contained" loading={isSubmitting}>
          {t("profile.password.submit")}
        </Button>
        <Button component={Link} to="/forgot-password" state={{ email: user?.email }} color="inherit">
          {t("profile.password.forgot")}
        </Button>
      </Box>
    </Box>
  );
}
