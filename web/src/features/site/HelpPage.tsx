import { useTranslation } from "react-i18next";
import { TextPage } from "./TextPage";
import "@/i18n/site";

export default function HelpPage() {
  const { t } = useTranslation();
  return <TextPage title={t("site.help.heading")} sections={t("site.help.items", { returnObjects: true })} />;
}
