import type { Stock } from "@/api";
import { compareDecimals } from "@/format/decimal";

/** The newest price of an instrument as a page shows it. Prices are the API's decimal strings, times RFC 3339. */
export interface Quote {
  instrument: string;
  price: string;
  previousClose: string | null;
  changePercent: string | null;
  /** When the price was true; on a replay, by the replay's clock. */
  at: string;
  receivedAt: string;
  /** When the price was true in the recorded market; only a replay has it. */
  recordedAt: string | null;
  stale: boolean;
  source: string | null;
  /** Against the price shown before: for the flash. */
  moved: "up" | "down" | null;
  /** Grows with each price, so that two equal moves flash twice. */
  version: number;
}

export type QuoteUpdate = Omit<Quote, "moved" | "version">;

type Schedule = (flush: () => void) => void;

/**
 * The newest price of each instrument, outside React and Redux: a hundred cards with ten prices a second would drown
 * either. Writers call `put` as often as they like; readers hear of it once per animation frame.
 */
export class Quotes {
  #quotes = new Map<string, Quote>();
  #listeners = new Map<string, Set<() => void>>();
  #changed = new Set<string>();
  #planned = false;
  #clockAheadMs: number | null = null;

  constructor(private readonly schedule: Schedule = (flush) => requestAnimationFrame(flush)) {}

  get(instrument: string): Quote | undefined {
    return this.#quotes.get(instrument);
  }

  /**
   * Take a price that the socket just brought. It also tells how far this device's clock is from the server's: such a
   * frame is milliseconds old, whatever the device thinks.
   */
  hear(update: QuoteUpdate, now = Date.now()): void {
    const ahead = now - Date.parse(update.receivedAt);
    if (this.#clockAheadMs === null || ahead < this.#clockAheadMs) this.#clockAheadMs = ahead;
    this.put(update);
  }

  /** How long ago the server received this price, in milliseconds, by the server's clock as far as we know it. */
  age(quote: Quote, now = Date.now()): number {
    return Math.max(0, now - (this.#clockAheadMs ?? 0) - Date.parse(quote.receivedAt));
  }

  /** Take a price, unless a newer one is known: frames and REST answers may pass each other. */
  put(update: QuoteUpdate): void {
    const known = this.#quotes.get(update.instrument);
    if (known !== undefined && Date.parse(update.receivedAt) < Date.parse(known.receivedAt)) return;
    if (known !== undefined && update.receivedAt === known.receivedAt && update.price === known.price) return;
    const step = known === undefined ? 0 : compareDecimals(update.price, known.price);
    this.#quotes.set(update.instrument, {
      ...update,
      // A frame need not repeat what does not change with each price.
      previousClose: update.previousClose ?? known?.previousClose ?? null,
      moved: step > 0 ? "up" : step < 0 ? "down" : null,
      version: (known?.version ?? 0) + 1,
    });
    this.#changed.add(update.instrument);
    if (this.#planned) return;
    this.#planned = true;
    this.schedule(this.#flush);
  }

  subscribe(instrument: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(instrument) ?? new Set();
    this.#listeners.set(instrument, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(instrument);
    };
  }

  clear(): void {
    this.#quotes.clear();
  }

  #flush = (): void => {
    this.#planned = false;
    const changed = this.#changed;
    this.#changed = new Set();
    for (const instrument of changed) {
      for (const listener of this.#listeners.get(instrument) ?? []) listener();
    }
  };
}

/** The quote in a stock of the REST API; null before its first price. */
export function quoteOfStock(stock: Stock): QuoteUpdate | null {
  if (stock.current_price === null || stock.as_of === null) return null;
  return {
    instrument: stock.instrument,
    price: stock.current_price,
    previousClose: stock.previous_close,
    changePercent: stock.change_percent,
    at: stock.as_of,
    receivedAt: stock.received_at ?? stock.as_of,
    recordedAt: stock.recorded_at,
    stale: stock.stale,
    source: stock.source,
  };
}
