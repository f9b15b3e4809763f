/** Ready-made conditions: each writes the text of an expression, which can be edited on. */
import listed from "./presets.json";

export type PresetValue = "days" | "touches" | "times" | "bars" | "percent" | "level" | "fast" | "slow" | "stock" | "pattern" | "score" | "minutes" | "place" | "time" | "date";
export type PresetValues = Partial<Record<PresetValue, string>>;

export interface Preset {
  name: string;
  interval: "1m" | "5m" | "15m" | "1h" | "1d";
  text: string;
  values: PresetValues;
}

export const PRESETS = listed as Preset[];
export const PATTERNS = [
  "bullish_engulfing", "bearish_engulfing", "hammer", "shooting_star", "bullish_harami", "bearish_harami",
  "morning_star", "evening_star", "three_white_soldiers", "three_black_crows", "doji", "piercing", "dark_cloud_cover",
] as const;
export const CHART_PATTERNS = [
  "double_bottom", "double_top", "inverse_head_and_shoulders", "head_and_shoulders", "ascending_triangle", "descending_triangle",
  "bullish_symmetrical_triangle", "bearish_symmetrical_triangle", "falling_wedge", "rising_wedge", "cup_and_handle",
  "inverse_cup_and_handle", "bullish_flag", "bearish_flag", "resistance_breakout", "support_breakdown", "selling_climax",
  "buying_climax", "bullish_obv_divergence", "bearish_obv_divergence", "accumulation", "distribution", "volume_dry_up",
] as const;
export const PLACES = ["india", "new_york", "utc"] as const;

const WHOLE = new Set<string>(["days", "touches", "bars", "fast", "slow", "minutes"]);
const STOCK = /^[A-Z]{2,10}:[A-Z0-9][A-Z0-9&.\-_]{0,31}$/;
const POSITIVE = /^\d{1,4}(\.\d{1,4})?$/;
const HOLE = /\{([a-z]+)(?::([a-z]+))?\}/g;

/** Say whether a value may stand in a preset's text. */
export function isGood(name: PresetValue, value: string): boolean {
  if (WHOLE.has(name)) return /^[1-9]\d{0,3}$/.test(value);
  if (name === "stock") return STOCK.test(value.toUpperCase());
  if (name === "score") return /^-?(0(\.\d{1,3})?|1)$/.test(value);
  if (name === "time") return /^([01]\d|2[0-3]):[0-5]\d$/.test(value);
  if (name === "date") return /^20\d\d-\d\d-\d\d$/.test(value);
  if (name === "pattern" || name === "place") return true;
  return POSITIVE.test(value) && Number(value) > 0;
}

/** Write a preset's expression; empty while a value is missing or wrong. */
export function written({ text }: Preset, values: PresetValues): string {
  let good = true;
  const filled = text.replace(HOLE, (_, name: PresetValue, form?: string) => {
    const value = values[name]?.trim() ?? "";
    good = good && isGood(name, value) && (form !== "down" || Number(value) < 100);
    return formed(value, form);
  });
  return good ? filled : "";
}

export const JOINS = ["replace", "and", "or"] as const;
export type Join = (typeof JOINS)[number];

/** Put a condition behind what was written before; in brackets where it joins several itself. */
export function joined(before: string, join: Join, text: string): string {
  const part = (each: string) => (/ (and|or) /.test(each) ? `(${each})` : each);
  return join === "replace" || before === "" || text === "" ? text : `${part(before)} ${join} ${part(text)}`;
}

function formed(value: string, form: string | undefined): string {
  if (form === "up") return factor(1 + Number(value) / 100);
  if (form === "down") return factor(1 - Number(value) / 100);
  if (form === "clock") return String(Number(value.replace(":", "")));
  if (form === "day") return value.replaceAll("-", "");
  return value.includes(":") ? value.toUpperCase() : value;
}

function factor(value: number): string {
  return String(Number(value.toFixed(6)));
}
