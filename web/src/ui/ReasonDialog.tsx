import { useTranslation } from "react-i18next";
import { AskDialog, type AskDialogProps } from "./AskDialog";
import "@/i18n/staff";

type ReasonDialogProps = Pick<AskDialogProps, "title" | "confirmLabel" | "hint" | "children" | "onConfirm" | "onClose"> & { consequence: string };

/** Asks before something is done to another person: what follows, and why it is done. */
export function ReasonDialog({ hint, ...asked }: ReasonDialogProps) {
  const { t } = useTranslation();
  return <AskDialog {...asked} label={t("staff.reason")} hint={hint ?? t("staff.reasonHint")} needed={t("staff.reasonNeeded")} shortest={3} longest={500} isLong />;
}
