import { zodResolver } from "@hookform/resolvers/zod";
import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Stack from "@mui/material/Stack";
import TextField from "@mui/material/TextField";
import { useMemo } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "react-router";
import { z } from "zod/mini";
import { useForgotPasswordMutation } from "@/api";
import { problemOf } from "@/api/problem";
import { Narrow } from "@/ui/Narrow";
import { useProblemText } from "@/ui/problemText";
import "@/i18n/account";
import "@/i18n/profile";

export default function ForgotPage() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  // The login page passes on what was typed there, so that nothing is asked twice.
  const { email: given } = (useLocation().state ?? {}) as { email?: string };
  const [forgot, { isSuccess, isLoading, error }] = useForgotPasswordMutation();
  const resolver = useMemo(
    () => zodResolver(z.object({ email: z.string().check(z.trim(), z.email(t("account.emailInvalid"))) })),
    [t],
  );
  const { register, handleSubmit, getValues, formState } = useForm({
    resolver,
    defaultValues: { email: given?.includes("@") ? given : "" },
  });
  const back = (
    <Button component={Link} to="/login">
      {t("profile.forgot.back")}
    </Button>
  );
  if (isSuccess) {
    return (
      <Narrow title={t("profile.forgot.title")} heading={t("profile.forgot.sentTitle")} text={t("profile.forgot.sentText", { email: getValues("email") })}>
        <Stack>{back}</Stack>
      </Narrow>
    );
  }
  return (
    <Narrow title={t("profile.forgot.title")} heading={t("profile.forgot.title")} text={t("profile.forgot.text")}>
      <Stack component="form" noValidate onSubmit={(event) => void handleSubmit(({ email }) => forgot({ authForgotIn: { email } }))(event)} sx={{ gap: 2 }}>
        {error !== undefined && (
          <Alert severity="error" role="alert">
            {textOf(problemOf(error))}
          </Alert>
        )}
        <TextField
          label={t("account.email")}
          type="email"
          autoComplete="email"
          error={formState.errors.email !== undefined}
          helperText={formState.errors.email?.message}
          {...register("email")}
        />
        <Button type="submit" variant="contained" size="large" loading={isLoading}>
          {t("profile.forgot.submit")}
        </Button>
        {back}
      </Stack>
    </Narrow>
  );
}
