import { zodResolver } from "@hookform/resolvers/zod";
import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Stack from "@mui/material/Stack";
import TextField from "@mui/material/TextField";
import { useMemo, type ReactNode } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { useLocation } from "react-router";
import { z } from "zod/mini";
import { problemOf } from "@/api/problem";
import { Narrow } from "@/ui/Narrow";
import { useProblemText } from "@/ui/problemText";

interface AddressFormProps {
  title: string;
  text: string;
  submit: string;
  busy: boolean;
  error: unknown;
  onSubmit: (email: string) => void;
  /** Stands in place of the form once the mail is on its way. */
  sent: ((email: string) => ReactNode) | null;
  children?: ReactNode;
}

/** A page that asks for one's address and has a mail sent to it. */
export function AddressForm({ title, text, submit, busy, error, onSubmit, sent, children }: AddressFormProps) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  // The login page passes on what was typed there, so that nothing is asked twice.
  const { email: given } = (useLocation().state ?? {}) as { email?: string };
  const resolver = useMemo(
    () => zodResolver(z.object({ email: z.string().check(z.trim(), z.email(t("account.emailInvalid"))) })),
    [t],
  );
  const { register, handleSubmit, getValues, formState } = useForm({
    resolver,
    defaultValues: { email: given?.includes("@") ? given : "" },
  });
  if (sent !== null) return sent(getValues("email"));
  return (
    <Narrow title={title} heading={title} text={text}>
      <Stack component="form" noValidate onSubmit={(event) => void handleSubmit(({ email }) => onSubmit(email))(event)} sx={{ gap: 2 }}>
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
        <Button type="submit" variant="contained" size="large" loading={busy}>
          {submit}
        </Button>
        {children}
      </Stack>
    </Narrow>
  );
}
