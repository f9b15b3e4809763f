import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Stack from "@mui/material/Stack";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useResetPasswordMutation } from "@/api";
import { newIdempotencyKey } from "@/api/idempotency";
import { messageFor, problemOf, type Problem } from "@/api/problem";
import { Narrow } from "@/ui/Narrow";
import { NewPasswordField } from "@/ui/NewPasswordField";
import { useProblemText } from "@/ui/problemText";
import { ToLogin, useMailedToken } from "./TokenPage";
import "@/i18n/account";
import "@/i18n/profile";

export default function ResetPage() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const token = useMailedToken();
  const [reset, { isSuccess }] = useResetPasswordMutation();
  const [problem, setProblem] = useState<Problem | null>(null);
  const { register, handleSubmit, watch, setError, formState } = useForm({ defaultValues: { password: "" } });
  const title = t("profile.reset.title");
  const again = (
    <Button component={Link} to="/forgot-password" variant="outlined" fullWidth>
      {t("profile.reset.again")}
    </Button>
  );

  async function submit({ password }: { password: string }) {
    setProblem(null);
    const answer = await reset({ authResetIn: { token: token ?? "", password }, "idempotency-key": newIdempotencyKey() });
    if (answer.error === undefined) return;
    const refused = problemOf(answer.error);
    const message = messageFor(refused, "password");
    if (message === null) setProblem(refused);
    else setError("password", { message }, { shouldFocus: true });
  }

  if (isSuccess) {
    return (
      <Narrow title={title} heading={t("profile.reset.done")} text={t("profile.reset.doneText")}>
        <ToLogin />
      </Narrow>
    );
  }
  if (token === null || problem?.code === "invalid_token") {
    const failed = token !== null;
    return (
      <Narrow
        title={title}
        heading={failed ? t("profile.link.failed") : t("profile.reset.missing")}
        text={failed ? t("profile.link.failedText") : t("profile.reset.missingText")}
      >
        {again}
      </Narrow>
    );
  }
  const { errors, isSubmitting } = formState;
  return (
    <Narrow title={title} heading={title} text={t("profile.reset.text")}>
      <Stack component="form" noValidate onSubmit={(event) => void handleSubmit(submit)(event)} sx={{ gap: 2 }}>
        {problem !== null && (
          <Alert severity="error" role="alert">
            {textOf(problem)}
          </Alert>
        )}
        <NewPasswordField
          label={t("profile.password.fresh")}
          password={watch("password")}
          error={errors.password?.message}
          field={register("password", { required: t("account.required") })}
        />
        <Button type="submit" variant="contained" size="large" loading={isSubmitting}>
          {t("profile.reset.submit")}
        </Button>
      </Stack>
    </Narrow>
  );
}
