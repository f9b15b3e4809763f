import { useTranslation } from "react-i18next";
import { clockTime, dateTime, delay, recently, zoneOf } from "@/format/time";
import { useFreshness } from "@/live/hooks";
import type { Quote } from "@/live/quotes";
import { usePreferences } from "@/preferences/hooks";
import styles from "./live.module.css";
import "@/i18n/market";

/** How old a price is and where it is from: beside every price, in words; the exact times on hover. */
export function QuoteAge({ quote, exchange }: { quote: Quote; exchange: string }) {
  const { t } = useTranslation();
  const { zone } = usePreferences();
  const { delayed, ageMs } = useFreshness(quote);
  const now = Date.now();
  const age = recently(new Date(now - ageMs).toISOString(), now);
  return (
    <span
      className={`figures ${styles.age} ${delayed ? styles.late : ""}`}
      data-delayed={delayed}
      onPointerEnter={(event) => {
        // Written when it is looked at: three formatted times for each price that nobody hovers would be a waste.
        event.currentTarget.title = exactTimes();
      }}
    >
      {delayed && <span aria-hidden>◷</span>}
      {delayed ? t("market.delayedBy", { delay: delay(ageMs) }) : (age ?? clockTime(quote.receivedAt, zone))}
      {quote.recordedAt !== null && ` · ${t("market.recordedBadge")}`}
    </span>
  );

  function exactTimes(): string {
    const parts: string[] = [t("market.updatedAt", { time: dateTime(quote.receivedAt, zone) })];
    if (quote.recordedAt !== null) parts.push(t("market.recordedOf", { time: dateTime(quote.recordedAt, zoneOf(exchange)) }));
    if (quote.source !== null) {
      parts.push(t("market.source", { source: quote.recordedAt === null ? quote.source : t("market.sourceReplay") }));
    }
    return parts.join(" · ");
  }
}
