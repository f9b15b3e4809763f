import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { day, INDIA } from "@/format/time";
import { NotFound } from "@/ui/ErrorPages";
import { TextPage } from "./TextPage";
import "@/i18n/site";

/** The day on which the present wording came into force. */
const IN_FORCE_SINCE = "2026-11-01T00:00:00+05:30";

const DOCUMENTS = ["terms", "privacy", "risk"] as const;

export default function LegalPage() {
  const { t } = useTranslation();
  const { document } = useParams();
  const known = DOCUMENTS.find((each) => each === document);
  if (known === undefined) return <NotFound />;
  return (
    <TextPage
      title={t(`site.legal.${known}.title`)}
      note={t("site.legal.effective", { date: day(IN_FORCE_SINCE, INDIA) })}
      sections={t(`site.legal.${known}.sections`, { returnObjects: true })}
    />
  );
}
