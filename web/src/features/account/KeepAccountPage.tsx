import { useTranslation } from "react-i18next";
import { useKeepAccountMutation } from "@/api";
import { Narrow } from "@/ui/Narrow";
import { TokenPage, ToLogin } from "./TokenPage";
import "@/i18n/profile";

export default function KeepAccountPage() {
  const { t } = useTranslation();
  const [keep, { isLoading, isSuccess, error }] = useKeepAccountMutation();
  const title = t("profile.keep.title");
  return (
    <TokenPage
      title={title}
      text={t("profile.keep.text")}
      submit={t("profile.keep.submit")}
      busy={isLoading}
      error={error}
      onSubmit={(token) => void keep({ authKeepIn: { token } })}
      done={
        isSuccess ? (
          <Narrow title={title} heading={t("profile.keep.done")} text={t("profile.keep.doneText")}>
            <ToLogin />
          </Narrow>
        ) : null
      }
    />
  );
}
