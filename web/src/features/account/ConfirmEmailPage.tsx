import { useTranslation } from "react-i18next";
import { useConfirmEmailChangeMutation } from "@/api";
import { Narrow } from "@/ui/Narrow";
import { TokenPage, ToLogin } from "./TokenPage";
import "@/i18n/profile";

/** One side of a change of address confirms; with the second the address changes. */
export default function ConfirmEmailPage() {
  const { t } = useTranslation();
  const [confirm, { data, isLoading, error }] = useConfirmEmailChangeMutation();
  const title = t("profile.confirmEmail.title");
  const waitsFor = data?.waits_for === "new" ? "new" : "old";
  return (
    <TokenPage
      title={title}
      text={t("profile.confirmEmail.text")}
      submit={t("profile.confirmEmail.submit")}
      busy={isLoading}
      error={error}
      onSubmit={(token) => void confirm({ authEmailConfirmIn: { token } })}
      done={
        data === undefined ? null : (
          <Narrow
            title={title}
            heading={t(data.changed ? "profile.confirmEmail.changed" : "profile.confirmEmail.waiting")}
            text={data.changed ? t("profile.confirmEmail.changedText") : t(`profile.confirmEmail.waits.${waitsFor}`)}
          >
            <ToLogin />
          </Narrow>
        )
      }
    />
  );
}
