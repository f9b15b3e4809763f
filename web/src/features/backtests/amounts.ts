import { MINUS, money } from "@/format/format";
import type { Figure } from "./report";

const CENTS = 100;

/** An amount as the report counts it. */
export function amount(value: number, currency: string): string {
  return money(String(Math.round(value * CENTS) / CENTS), currency);
}

// "negative": what rounds to nothing is 0, not -0.
const parts = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 2, signDisplay: "negative" });
const signed = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 2, signDisplay: "exceptZero" });
const plain = new Intl.NumberFormat("en-US", { maximumFractionDigits: 3, signDisplay: "negative" });

function written(format: Intl.NumberFormat, value: number): string {
  return format.format(value).replace("-", MINUS);
}

/** A part of one, as a percentage. */
export function part(value: number): string {
  return written(parts, value);
}

/** A gain or loss as a part of one, with its sign. */
export function gain(value: number): string {
  return written(signed, value);
}

export function number(value: number): string {
  return written(plain, value);
}

/** A figure of a report in its unit; a dash where there is none. */
export function shown(figure: Figure, currency: string): string {
  if (figure.value === null) return "–";
  const text = valueOf(figure.value, figure.unit, currency);
  return figure.of === null ? text : `${text} (${figure.of})`;
}

function valueOf(value: number, unit: string, currency: string): string {
  if (unit === "percent") return part(value);
  if (unit === "money") return amount(value, currency);
  if (unit === "instant") return day(value);
  return number(value);
}

export function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
