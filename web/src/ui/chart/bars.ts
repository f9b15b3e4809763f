import { compareDecimals } from "@/format/decimal";
import { zoneOffsetSeconds } from "@/format/time";

export const INTERVALS = ["1m", "5m", "15m", "1h", "1d"] as const;
export type Interval = (typeof INTERVALS)[number];

export const STEP_MS: Record<Interval, number> = {
  "1m": 60_000,
  "5m": 300_000,
  "15m": 900_000,
  "1h": 3_600_000,
  "1d": 86_400_000,
};

/** One bar; the API's candles fit. `at` is when it begins, in market time. */
export interface Bar {
  at: string;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: number | null;
  interpolated: boolean;
  complete: boolean;
}

/**
 * A moment as the chart's axis wants it: seconds, shifted so that reading them as UTC shows the exchange's wall clock.
 * A daily bar that begins at midnight UTC names a day, not a moment, and is not shifted.
 */
export function axisTime(iso: string, zone: string, interval: Interval): number {
  const moment = new Date(iso);
  const seconds = Math.floor(moment.getTime() / 1000);
  if (interval === "1d" && seconds % 86_400 === 0) return seconds;
  return seconds + zoneOffsetSeconds(moment, zone);
}

/** Join two runs of bars, oldest first; where both know a bar, `newer` is right. */
export function mergeBars(older: readonly Bar[], newer: readonly Bar[]): Bar[] {
  const byTime = new Map<number, Bar>();
  for (const bar of older) byTime.set(Date.parse(bar.at), bar);
  for (const bar of newer) byTime.set(Date.parse(bar.at), bar);
  return [...byTime.entries()].sort(([left], [right]) => left - right).map(([, bar]) => bar);
}

/** The last bar after one more price: the same bar moved on, or the first of the next. */
export function barWithPrice(last: Bar, price: string, at: string, interval: Interval): Bar {
  const begins = Date.parse(last.at);
  const steps = Math.floor((Date.parse(at) - begins) / STEP_MS[interval]);
  if (steps < 0) return last;
  if (steps === 0) {
    return {
      ...last,
      high: compareDecimals(price, last.high) > 0 ? price : last.high,
      low: compareDecimals(price, last.low) < 0 ? price : last.low,
      close: price,
      complete: false,
    };
  }
  const next = new Date(begins + steps * STEP_MS[interval]).toISOString();
  return { ...last, at: next, open: price, high: price, low: price, close: price, volume: null, complete: false };
}

/** The lowest low and the highest high; null without bars. */
export function extremes(bars: readonly Bar[]): { low: string; high: string } | null {
  const [first] = bars;
  if (first === undefined) return null;
  let { low, high } = first;
  for (const bar of bars) {
    if (compareDecimals(bar.low, low) < 0) low = bar.low;
    if (compareDecimals(bar.high, high) > 0) high = bar.high;
  }
  return { low, high };
}
