/** The fields of the builder, and what they say to the API. */
import type { Alert } from "@/api";
import { compareDecimals, priceFromInput } from "@/format/decimal";

export const OPERATORS = [
  "crossing", "crossing_up", "crossing_down", "greater", "less",
  "entering_channel", "exiting_channel", "inside_channel", "outside_channel",
  "moving_up", "moving_down", "moving_up_percent", "moving_down_percent",
  "change_up_percent", "change_down_percent",
  "trailing_up", "trailing_down", "trailing_up_percent", "trailing_down_percent",
  "expression", "signal",
] as const;
export type Operator = (typeof OPERATORS)[number];

export const FREQUENCIES = ["once", "once_per_bar", "once_per_bar_close", "once_per_minute", "once_per_day", "every_time"] as const;
export type Frequency = (typeof FREQUENCIES)[number];
export const INTERVALS = ["1m", "5m", "15m", "1h", "1d"] as const;
export const WINDOWS = ["300", "900", "3600", "14400", "86400"] as const;
export const COOL_DOWNS = ["0", "60", "900", "3600", "86400"] as const;
export const BASES = ["open", "previous_close"] as const;
export const SIDES = ["both", "long", "short"] as const;
export const CHANNELS = ["mail", "in_app", "push", "telegram", "slack", "sms", "webhook"] as const;

export interface RuleFields {
  operator: Operator;
  expression: string;
  value: string;
  low: string;
  high: string;
  amount: string;
  percent: string;
  window: string;
  base: (typeof BASES)[number];
  /** A strategy's id; empty for any. */
  strategy: string;
  strategyName: string;
  side: (typeof SIDES)[number];
  frequency: Frequency;
  interval: (typeof INTERVALS)[number];
  coolDown: string;
  band: string;
  hours: boolean;
  tellCleared: boolean;
  /** As a field of date and time writes it, in the person's own time; empty for none. */
  expires: string;
  message: string;
  tags: string;
  /** null: by the person's preferences. */
  channels: string[] | null;
  note: string;
}

export type Member = "expression" | "value" | "low" | "high" | "amount" | "percent" | "window" | "base";

/** Which fields an operator asks for. */
export function membersOf(operator: Operator): Member[] {
  if (operator === "expression") return ["expression"];
  if (operator === "signal") return [];
  if (operator.endsWith("channel")) return ["low", "high"];
  if (operator.startsWith("change")) return ["percent", "base"];
  if (operator.startsWith("moving")) return [operator.endsWith("percent") ? "percent" : "amount", "window"];
  if (operator.startsWith("trailing")) return [operator.endsWith("percent") ? "percent" : "amount"];
  return ["value"];
}

export const EMPTY: RuleFields = {
  operator: "crossing", expression: "", value: "", low: "", high: "", amount: "", percent: "", window: "3600", base: "previous_close",
  strategy: "", strategyName: "", side: "both",
  frequency: "once", interval: "1m", coolDown: "0", band: "", hours: false, tellCleared: false,
  expires: "", message: "", tags: "", channels: null, note: "",
};

/** What an alert and a rule over a watchlist say alike. */
type Said = Pick<Alert, "rule" | "expression" | "signal" | "terms" | "expires_at" | "message" | "tags" | "channels" | "note">;

export function fieldsOf({ rule, expression, signal, terms, expires_at, message, tags, channels, note }: Said): RuleFields {
  return {
    ...EMPTY,
    operator: signal !== null ? "signal" : expression === null ? ((rule?.operator ?? "crossing") as Operator) : "expression",
    strategy: signal?.strategy_id ?? "",
    strategyName: signal?.strategy ?? "",
    side: signal?.side ?? "both",
    expression: expression ?? "",
    value: rule?.value ?? "",
    low: rule?.low ?? "",
    high: rule?.high ?? "",
    amount: rule?.amount ?? "",
    percent: rule?.percent ?? "",
    window: String(rule?.window_s ?? 3600),
    base: rule?.base ?? "previous_close",
    frequency: terms?.frequency ?? "once",
    interval: terms?.interval ?? "1m",
    coolDown: String(terms?.cool_down_s ?? 0),
    band: terms?.rearm_band === undefined || compareDecimals(terms.rearm_band, "0") === 0 ? "" : terms.rearm_band,
    hours: terms?.market_hours_only ?? false,
    tellCleared: terms?.tell_cleared ?? false,
    expires: expires_at === null ? "" : localOf(expires_at),
    message: message ?? "",
    tags: tags.join(", "),
    channels,
    note: note ?? "",
  };
}

/** What is missing or wrong, by field; empty when the rule can be sent. */
export function missing(fields: RuleFields): Member[] {
  const lacks = (member: Member) =>
    member === "expression" ? fields.expression.trim() === "" : member !== "window" && member !== "base" && priceFromInput(fields[member]) === null;
  return membersOf(fields.operator).filter(lacks);
}

/** The condition as the API takes it: an expression, signals, or a rule. */
export function conditionOf(fields: RuleFields) {
  const { operator, expression, strategy, side } = fields;
  if (operator === "signal") return { signal: { strategy_id: strategy || null, side: side === "both" ? null : side } };
  return operator === "expression" ? { expression: expression.trim() } : { rule: ruleOf({ ...fields, operator }) };
}

export function ruleOf(fields: RuleFields & { operator: Exclude<Operator, "expression" | "signal"> }) {
  const members = membersOf(fields.operator);
  const price = (member: "value" | "low" | "high" | "amount" | "percent") =>
    members.includes(member) ? { [member]: priceFromInput(fields[member]) as string } : {};
  return {
    operator: fields.operator,
    ...price("value"),
    ...price("low"),
    ...price("high"),
    ...price("amount"),
    ...price("percent"),
    ...(members.includes("window") ? { window_s: Number(fields.window) } : {}),
    ...(members.includes("base") ? { base: fields.base } : {}),
  };
}

/** How often it may fire. Of bars, which signals have none of, they take nothing. */
export function frequenciesOf(operator: Operator): readonly Frequency[] {
  return operator === "signal" ? FREQUENCIES.filter((name) => !name.startsWith("once_per_bar")) : FREQUENCIES;
}

export function termsOf(fields: RuleFields) {
  if (fields.operator === "signal") {
    return { frequency: fields.frequency, cool_down_s: Number(fields.coolDown), tell_cleared: fields.tellCleared };
  }
  return {
    frequency: fields.frequency,
    interval: fields.interval,
    cool_down_s: Number(fields.coolDown),
    rearm_band: priceFromInput(fields.band) ?? "0",
    market_hours_only: fields.hours,
    tell_cleared: fields.tellCleared,
  };
}

export function restOf(fields: RuleFields) {
  return {
    note: fields.note.trim(),
    tags: fields.tags.split(",").map((tag) => tag.trim()).filter((tag) => tag !== ""),
    message: fields.message.trim() || null,
    channels: fields.channels as (typeof CHANNELS)[number][] | null,
    expires_at: fields.expires === "" ? null : new Date(fields.expires).toISOString(),
  };
}

function localOf(iso: string): string {
  const at = new Date(iso);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
