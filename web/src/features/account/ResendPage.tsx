import { zodResolver } from "@hookform/resolvers/zod";
import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Stack from "@mui/material/Stack";
import TextField from "@mui/material/TextField";
import { useMemo } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { useLocation } from "react-router";
import { z } from "zod/mini";
import { useResendLinkMutation } from "@/api";
import { problemOf } from "@/api/problem";
import { Narrow } from "@/ui/Narrow";
import { useProblemText } from "@/ui/problemText";
import "@/i18n/account";
import { MailSent } from "./MailSent";

export default function ResendPage() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  // The login page passes on what was typed there, so that nothing is asked twice.
  const { email: given } = (useLocation().state ?? {}) as { email?: string };
  const [resend, { isSuccess, isLoading, error }] = useResendLinkMutation();
  const resolver = useMemo(
    () => zodResolver(z.object({ email: z.string().check(z.trim(), z.email(t("account.emailInvalid"))) })),
    [t],
  );
  const { register, handleSubmit, getValues, formState } = useForm({
    resolver,
    defaultValues: { email: given?.includes("@") ? given : "" },
  });
  if (isSuccess) return <MailSent email={getValues("email")} />;
  return (
    <Narrow title={t("account.resend.title")} heading={t("account.resend.title")} text={t("account.resend.text")}>
      <Stack
        component="form"
        noValidate
        onSubmit={(event) => void handleSubmit(({ email }) => resend({ authResendIn: { email } }))(event)}
        sx={{ gap: 2 }}
      >
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
          {t("account.resend.submit")}
        </Button>
      </Stack>
    </Narrow>
  );
}
