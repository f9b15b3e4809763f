import type { BacktestDraft, NewBacktest } from "@/api";
import type { Choice } from "@/ui/StockField";

export interface Axis {
  name: string;
  /** The numbers that vary together. */
  at: string[];
  first: string;
  last: string;
  step: string;
}

/** What stands in the form's fields, as it is typed. */
export interface Form {
  kind: "run" | "sweep" | "walk_forward";
  first: string;
  last: string;
  instruments: string[];
  benchmark: Choice | null;
  cash: string;
  fill: "next_open" | "next_close" | "same_close";
  slippageKind: "bps" | "ticks" | "volume_share";
  slippage: string;
  broker: string;
  segment: "delivery" | "intraday" | "futures";
  lot: string;
  /** Empty: the exchange's. */
  tick: string;
  short: "part" | "nothing";
  objective: "sharpe" | "sortino" | "calmar" | "cagr" | "total_return" | "profit_factor";
  folds: string;
  axes: Axis[];
}

const DAY_MS = 86_400_000;
const DAYS = { "1m": 30, "5m": 90, "15m": 180, "1h": 365, "1d": 5 * 365 };

/** The form as it opens: over as much as is usual for the interval, up to the newest recorded day. */
export function emptyForm(draft: BacktestDraft, now = Date.now()): Form {
  const dayAt = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const last = draft.last_day === null ? now - DAY_MS : Math.min(now - DAY_MS, Date.parse(draft.last_day));
  const days = DAYS[draft.interval as keyof typeof DAYS];
  return {
    kind: "run",
    first: dayAt(last - days * DAY_MS),
    last: dayAt(last),
    instruments: draft.instruments,
    benchmark: null,
    cash: "1000000",
    fill: "next_open",
    slippageKind: "bps",
    slippage: "5",
    broker: draft.brokers.includes("zerodha") ? "zerodha" : (draft.brokers[0] ?? ""),
    segment: "delivery",
    lot: "1",
    tick: "",
    short: "part",
    objective: "sharpe",
    folds: "5",
    axes: [],
  };
}

/** An axis around a number of the strategy: from half of it to twice, in ten steps. */
export function axisOf(draft: BacktestDraft, at: string): Axis {
  const number = draft.numbers.find((each) => each.at === at);
  const value = Number(number?.value ?? "10");
  const whole = Number.isInteger(value);
  const step = whole ? Math.max(1, Math.round((value * 1.5) / 10)) : value / 10;
  const first = whole ? Math.max(1, Math.round(value / 2)) : value / 2;
  return { name: nameOf(number?.words ?? at), at: [at], first: String(first), last: String(first + 10 * step), step: String(step) };
}

/** A short name for an axis, of the words around its number. */
export function nameOf(words: string): string {
  return words.replace(/\s+/g, " ").trim().slice(0, 60);
}

/** The request of a form. */
export function bodyOf(versionId: string, form: Form): NewBacktest {
  const varies = form.kind !== "run";
  return {
    version_id: versionId,
    kind: form.kind,
    from: form.first,
    to: form.last,
    instruments: form.instruments,
    benchmark: form.benchmark?.instrument ?? null,
    cash: form.cash.replaceAll(",", ""),
    fill: form.fill,
    slippage: { kind: form.slippageKind, value: form.slippage },
    broker: form.broker === "" ? null : form.broker,
    segment: form.segment,
    lot: Number(form.lot),
    tick: form.tick === "" ? null : form.tick,
    allow_partial: form.short === "part",
    axes: varies ? form.axes : [],
    objective: form.objective,
    folds: form.kind === "walk_forward" ? Number(form.folds) : null,
  };
}
