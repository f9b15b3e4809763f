import type { Quote } from "./quotes";

export interface Freshness {
  /** A delayed price is shown in grey with how long it has been. */
  delayed: boolean;
  ageMs: number;
}

/** A streaming source that says nothing for this long is late. */
const STREAM_MAX_AGE_MS = 15_000;

/** Polled sources bring a price every half hour; late is after two rounds (the API's own rule for such sources). */
const POLLED_MAX_AGE_MS = 3_600_000;

const STREAMING_SOURCES = new Set(["replay"]);

export function freshnessOf(quote: Quote, ageMs: number): Freshness {
  const limit = quote.source !== null && STREAMING_SOURCES.has(quote.source) ? STREAM_MAX_AGE_MS : POLLED_MAX_AGE_MS;
  return { delayed: quote.stale || ageMs > limit, ageMs };
}
