import { money } from "@/format/format";
import type { Quote } from "@/live/quotes";
import styles from "./live.module.css";

interface LivePriceProps {
  quote: Quote;
  currency: string;
  delayed: boolean;
}

/** A price that flashes softly when it moves, and turns grey when it is late. Its size is the parent's. */
export function LivePrice({ quote, currency, delayed }: LivePriceProps) {
  const flash = quote.moved === null || delayed ? "" : quote.moved === "up" ? styles.flashUp : styles.flashDown;
  return (
    // A new key starts the animation anew.
    <span key={quote.version} className={`figures ${styles.price} ${delayed ? styles.muted : ""} ${flash}`}>
      {money(quote.price, currency)}
    </span>
  );
}
