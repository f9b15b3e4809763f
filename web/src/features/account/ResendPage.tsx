import { useTranslation } from "react-i18next";
import { useResendLinkMutation } from "@/api";
import { AddressForm } from "./AddressForm";
import { MailSent } from "./MailSent";

export default function ResendPage() {
  const { t } = useTranslation();
  const [resend, { isSuccess, isLoading, error }] = useResendLinkMutation();
  return (
    <AddressForm
      title={t("account.resend.title")}
      text={t("account.resend.text")}
      submit={t("account.resend.submit")}
      busy={isLoading}
      error={error}
      onSubmit={(email) => void resend({ authResendIn: { email } })}
      sent={isSuccess ? (email) => <MailSent email={email} /> : null}
    />
  );
}
