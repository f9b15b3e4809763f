import { useTranslation } from "react-i18next";
import { useUnblockLoginMutation } from "@/api";
import { Narrow } from "@/ui/Narrow";
import { TokenPage, ToLogin } from "./TokenPage";
import "@/i18n/profile";

export default function UnblockPage() {
  const { t } = useTranslation();
  const [unblock, { isLoading, isSuccess, error }] = useUnblockLoginMutation();
  const title = t("profile.unblock.title");
  return (
    <TokenPage
      title={title}
      text={t("profile.unblock.text")}
      submit={t("profile.unblock.submit")}
      busy={isLoading}
      error={error}
      onSubmit={(token) => void unblock({ authUnblockIn: { token } })}
      done={
        isSuccess ? (
          <Narrow title={title} heading={t("profile.unblock.done")} text={t("profile.unblock.doneText")}>
            <ToLogin />
          </Narrow>
        ) : null
      }
    />
  );
}
