import Button from "@mui/material/Button";
import Stack from "@mui/material/Stack";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useForgotPasswordMutation } from "@/api";
import { Narrow } from "@/ui/Narrow";
import { AddressForm } from "./AddressForm";
import "@/i18n/profile";

export default function ForgotPage() {
  const { t } = useTranslation();
  const [forgot, { isSuccess, isLoading, error }] = useForgotPasswordMutation();
  const back = (
    <Button component={Link} to="/login">
      {t("profile.forgot.back")}
    </Button>
  );
  const sent = (email: string) => (
    <Narrow title={t("profile.forgot.title")} heading={t("profile.forgot.sentTitle")} text={t("profile.forgot.sentText", { email })}>
      <Stack>{back}</Stack>
    </Narrow>
  );
  return (
    <AddressForm
      title={t("profile.forgot.title")}
      text={t("profile.forgot.text")}
      submit={t("profile.forgot.submit")}
      busy={isLoading}
      error={error}
      onSubmit={(email) => void forgot({ authForgotIn: { email } })}
      sent={isSuccess ? sent : null}
    >
      {back}
    </AddressForm>
  );
}
