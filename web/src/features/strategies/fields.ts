import type { StrategyRules, StrategyRulesWish } from "@/api";

export const INTERVALS = ["1m", "5m", "15m", "1h", "1d"] as const;
export const SIDES = ["long", "short"] as const;
export const KINDS = ["none", "percent", "atr"] as const;
export const SIZES = ["percent", "cash", "units", "risk"] as const;
export const LEVELS = ["stop", "target", "trailing"] as const;

export type Kind = (typeof KINDS)[number];
export type Level = (typeof LEVELS)[number];
export type SizeKind = (typeof SIZES)[number];

export interface Distance {
  kind: Kind;
  amount: string;
  period: string;
}

/** A strategy's rules as its form holds them: texts, as they are typed. */
export interface Fields {
  interval: (typeof INTERVALS)[number];
  side: (typeof SIDES)[number];
  entry: string;
  exit: string;
  stop: Distance;
  target: Distance;
  trailing: Distance;
  sizeKind: SizeKind;
  size: string;
  maxBars: string;
  maxPositions: string;
}

const NO_DISTANCE: Distance = { kind: "none", amount: "", period: "14" };

export const EMPTY: Fields = {
  interval: "1d",
  side: "long",
  entry: "",
  exit: "",
  stop: { kind: "percent", amount: "5", period: "14" },
  target: NO_DISTANCE,
  trailing: NO_DISTANCE,
  sizeKind: "percent",
  size: "10",
  maxBars: "",
  maxPositions: "5",
};

/** Fill a form with rules. */
export function fieldsOf(rules: StrategyRules): Fields {
  const sizeKind = SIZES.find((kind) => typeof rules.size[kind] === "string") ?? "percent";
  return {
    interval: rules.interval,
    side: rules.side,
    entry: rules.entry,
    exit: rules.exit ?? "",
    stop: distanceOf(rules.stop),
    target: distanceOf(rules.target),
    trailing: distanceOf(rules.trailing),
    sizeKind,
    size: rules.size[sizeKind] ?? "",
    maxBars: rules.max_bars == null ? "" : String(rules.max_bars),
    maxPositions: String(rules.max_positions),
  };
}

/** Write a form as the API takes it; what is not a number goes as it is typed, and the API says what is wrong with it. */
export function rulesOf(fields: Fields): StrategyRulesWish {
  return {
    interval: fields.interval,
    side: fields.side,
    entry: fields.entry.trim(),
    exit: fields.exit.trim() === "" ? null : fields.exit.trim(),
    stop: wishOf(fields.stop),
    target: wishOf(fields.target),
    trailing: wishOf(fields.trailing),
    size: { [fields.sizeKind]: fields.size.trim() },
    max_bars: wholeOf(fields.maxBars),
    max_positions: wholeOf(fields.maxPositions) ?? 1,
  };
}

function distanceOf(distance: StrategyRules["stop"]): Distance {
  if (distance == null) return NO_DISTANCE;
  if (distance.percent != null) return { kind: "percent", amount: distance.percent, period: "14" };
  return { kind: "atr", amount: distance.atr ?? "", period: String(distance.period ?? 14) };
}

function wishOf({ kind, amount, period }: Distance): StrategyRulesWish["stop"] {
  if (kind === "none") return null;
  return kind === "percent" ? { percent: amount.trim() } : { atr: amount.trim(), period: wholeOf(period) };
}

function wholeOf(text: string): number | null {
  return /^\d{1,6}$/.test(text.trim()) ? Number(text.trim()) : null;
}
