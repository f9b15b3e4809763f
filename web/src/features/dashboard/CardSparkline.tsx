import { skipToken } from "@reduxjs/toolkit/query";
import { useMemo, useRef } from "react";
import { useListCandlesQuery, type Stock } from "@/api";
import { compareDecimals } from "@/format/decimal";
import { useLive } from "@/live/context";
import { useNow } from "@/live/now";
import { Sparkline } from "@/ui/Sparkline";
import { useVisible } from "@/ui/useVisible";
import styles from "./card.module.css";

const BARS = 48;
const WIDTH = 240;
const HEIGHT = 40;
/** The newest price joins the line this often: more would move it by less than a pixel. */
const REDRAW_EVERY_MS = 2_000;

/** The last hours as a line, asked for when the card comes into view. Without an answer the space stays empty. */
export function CardSparkline({ stock }: { stock: Stock }) {
  const frame = useRef<HTMLDivElement>(null);
  const visible = useVisible(frame);
  const { quotes } = useLive();
  const { data } = useListCandlesQuery(visible ? { symbol: stock.instrument, interval: "15m", limit: BARS } : skipToken);
  const closes = useMemo(() => (data?.items ?? []).map((candle) => Number(candle.close)).reverse(), [data]);
  const beat = Math.floor(useNow() / REDRAW_EVERY_MS);
  const drawn = useMemo(() => {
    const quote = quotes.get(stock.instrument);
    if (quote === undefined || closes.length === 0) return null;
    const step = quote.previousClose === null ? 0 : compareDecimals(quote.price, quote.previousClose);
    const direction: "up" | "down" | "unchanged" = step > 0 ? "up" : step < 0 ? "down" : "unchanged";
    return { values: [...closes, Number(quote.price)], direction };
    // `beat` is when, not what.
  }, [closes, quotes, stock.instrument, beat]);
  return (
    <div ref={frame} className={styles.sparkline}>
      {drawn !== null && <Sparkline values={drawn.values} direction={drawn.direction} width={WIDTH} height={HEIGHT} />}
    </div>
  );
}
