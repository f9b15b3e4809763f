import { useTranslation } from "react-i18next";
import { useSessionState } from "@/session/context";
import "@/i18n/frame";

/** Why nothing can be changed now, or null when it can: who acts as another person only looks. */
export function useReadOnly(): string | null {
  const { t } = useTranslation();
  const { acting, user } = useSessionState();
  return acting === undefined ? null : t("frame.acting.readOnly", { name: user?.email ?? "" });
}
