import { zodResolver } from "@hookform/resolvers/zod";
import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Checkbox from "@mui/material/Checkbox";
import FormControlLabel from "@mui/material/FormControlLabel";
import FormHelperText from "@mui/material/FormHelperText";
import MuiLink from "@mui/material/Link";
import Stack from "@mui/material/Stack";
import TextField from "@mui/material/TextField";
import type { TFunction } from "i18next";
import { useMemo, useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { z } from "zod/mini";
import { useRegisterMutation, useShowRulesQuery } from "@/api";
import { problemOf, type Problem } from "@/api/problem";
import { Narrow } from "@/ui/Narrow";
import { LONGEST_PASSWORD, NewPasswordField, SHORTEST_PASSWORD } from "@/ui/NewPasswordField";
import { useProblemText } from "@/ui/problemText";
import { MailSent } from "./MailSent";
import "@/i18n/account";
import "@/i18n/profile";

function schemaOf(t: TFunction) {
  const name = z.string().check(z.trim(), z.minLength(1, t("account.required")), z.maxLength(LONGEST_NAME));
  return z.object({
    email: z.string().check(z.trim(), z.email(t("account.emailInvalid"))),
    password: z.string().check(
      z.minLength(SHORTEST_PASSWORD, t("profile.meter.rule", { count: SHORTEST_PASSWORD })),
      z.maxLength(LONGEST_PASSWORD, t("account.register.passwordLong")),
    ),
    first_name: name,
    last_name: z.string().check(z.trim(), z.maxLength(LONGEST_NAME)),
    phone: z.string().check(z.trim(), z.regex(/^$|^\+[1-9][\d\s-]{6,18}$/, t("account.register.phoneInvalid"))),
    accept_terms: z.boolean().check(z.refine((accepted) => accepted, t("account.register.termsNeeded"))),
  });
}

const LONGEST_NAME = 80;

type Registration = z.infer<ReturnType<typeof schemaOf>>;
const FIELDS = ["email", "password", "first_name", "last_name", "phone", "accept_terms"] as const;

export default function RegisterPage() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [send, { isSuccess }] = useRegisterMutation();
  const { data: rules } = useShowRulesQuery();
  const [problem, setProblem] = useState<Problem | null>(null);
  const resolver = useMemo(() => zodResolver(schemaOf(t)), [t]);
  const { register, handleSubmit, watch, getValues, setError, formState } = useForm<Registration>({
    resolver,
    defaultValues: { email: "", password: "", first_name: "", last_name: "", phone: "", accept_terms: false },
  });
  const { errors, isSubmitting } = formState;

  async function submit({ phone, ...registration }: Registration) {
    setProblem(null);
    const answer = await send({ authRegisterIn: { ...registration, terms_version: rules?.terms_version ?? null, phone: phone.replace(/[\s-]/g, "") || null } });
    if (answer.error === undefined) return;
    const refused = problemOf(answer.error);
    setProblem(refused);
    for (const field of FIELDS) {
      const error = refused.errors.find((each) => each.field === `/${field}`);
      if (error !== undefined) setError(field, { message: error.message }, { shouldFocus: true });
    }
  }

  if (isSuccess) return <MailSent email={getValues("email")} />;
  return (
    <Narrow
      title={t("account.register.title")}
      heading={t("account.register.heading")}
      text={t("account.register.text")}
      below={
        <>
          {t("account.register.haveAccount")}{" "}
          <MuiLink component={Link} to="/login">
            {t("account.login.submit")}
          </MuiLink>
        </>
      }
    >
      <Stack component="form" noValidate onSubmit={(event) => void handleSubmit(submit)(event)} sx={{ gap: 2 }}>
        {problem !== null && (
          <Alert severity="error" role="alert">
            {textOf(problem)}
          </Alert>
        )}
        <TextField
          label={t("account.email")}
          type="email"
          autoComplete="email"
          error={errors.email !== undefined}
          helperText={errors.email?.message}
          {...register("email")}
        />
        <Box sx={{ display: "grid", gap: 2, gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" } }}>
          <TextField
            label={t("account.firstName")}
            autoComplete="given-name"
            error={errors.first_name !== undefined}
            helperText={errors.first_name?.message}
            {...register("first_name")}
          />
          <TextField
            label={`${t("account.lastName")} (${t("ui.optional")})`}
            autoComplete="family-name"
            error={errors.last_name !== undefined}
            helperText={errors.last_name?.message}
            {...register("last_name")}
          />
        </Box>
        <TextField
          label={`${t("account.phone")} (${t("ui.optional")})`}
          type="tel"
          autoComplete="tel"
          error={errors.phone !== undefined}
          helperText={errors.phone?.message ?? t("account.phoneHint")}
          {...register("phone")}
        />
        <NewPasswordField
          label={t("account.password")}
          password={watch("password")}
          error={errors.password?.message}
          field={register("password")}
          owner={{ email: watch("email"), first_name: watch("first_name"), last_name: watch("last_name") }}
        />
        <Box>
          <FormControlLabel
            control={<Checkbox {...register("accept_terms")} />}
            label={t("account.register.acceptTerms")}
            sx={{ alignItems: "flex-start", "& .MuiCheckbox-root": { mt: -1 } }}
          />
          {errors.accept_terms !== undefined && (
            <FormHelperText error role="alert">
              {errors.accept_terms.message}
            </FormHelperText>
          )}
          <Stack direction="row" sx={{ gap: 2, pl: 4, fontSize: "0.8125rem" }}>
            <MuiLink href="/legal/terms" target="_blank">
              {rules === undefined ? t("account.register.terms") : t("profile.terms.current", { version: rules.terms_version })}
            </MuiLink>
            <MuiLink href="/legal/risk" target="_blank">
              {t("account.register.risk")}
            </MuiLink>
          </Stack>
        </Box>
        <Button type="submit" variant="contained" size="large" loading={isSubmitting}>
          {t("account.register.submit")}
        </Button>
      </Stack>
    </Narrow>
  );
}
