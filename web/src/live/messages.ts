import { z } from "zod/mini";
import type { QuoteUpdate } from "./quotes";

/** `data` of a `ticks:…` frame. */
const tick = z.object({
  instrument: z.string(),
  price: z.string(),
  previous_close: z.nullish(z.string()),
  change_percent: z.nullish(z.string()),
  at: z.string(),
  received_at: z.string(),
  recorded_at: z.nullish(z.string()),
  stale: z.boolean(),
  source: z.nullish(z.string()),
});

/** `data` of the event `alerts.alert.triggered.v1`. */
const alertTriggered = z.object({
  triggered_id: z.string(),
  alert_id: z.string(),
  instrument: z.string(),
  symbol: z.string(),
  name: z.string(),
  currency: z.string(),
  condition: z.enum(["above", "below"]),
  threshold_price: z.string(),
  price: z.string(),
  reached_at: z.string(),
  triggered_at: z.string(),
});

const notice = z.object({ id: z.string(), type: z.string(), time: z.string(), data: z.unknown() });

export type AlertTriggered = z.infer<typeof alertTriggered>;
export type Notice = z.infer<typeof notice>;

/** Read a tick frame; null for what we cannot read, which a newer server may send. */
export function quoteOfTick(data: unknown): QuoteUpdate | null {
  const parsed = tick.safeParse(data);
  if (!parsed.success) return null;
  const { instrument, price, at, stale } = parsed.data;
  return {
    instrument,
    price,
    previousClose: parsed.data.previous_close ?? null,
    changePercent: parsed.data.change_percent ?? null,
    at,
    receivedAt: parsed.data.received_at,
    recordedAt: parsed.data.recorded_at ?? null,
    stale,
    source: parsed.data.source ?? null,
  };
}

export function readNotice(data: unknown): Notice | null {
  const parsed = notice.safeParse(data);
  return parsed.success ? parsed.data : null;
}

export function readAlertTriggered(data: unknown): AlertTriggered | null {
  const parsed = alertTriggered.safeParse(data);
  return parsed.success ? parsed.data : null;
}
