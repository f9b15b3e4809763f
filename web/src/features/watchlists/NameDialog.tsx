import { useTranslation } from "react-i18next";
import { AskDialog, type AskDialogProps } from "@/ui/AskDialog";

type NameDialogProps = Pick<AskDialogProps, "title" | "confirmLabel" | "onConfirm" | "onClose"> & { name: string };

/** Asks for the name of a list. */
export function NameDialog({ name, ...asked }: NameDialogProps) {
  const { t } = useTranslation();
  return <AskDialog {...asked} label={t("watchlists.name")} needed={t("watchlists.nameNeeded")} text={name} longest={60} />;
}
