import { money } from "@/format/format";
import type { Figure } from "./report";

const CENTS = 100;

/** An amount as the report counts it. */
export function amount(value: number, currency: string): string {
  return money(String(Math.round(value * CENTS) / CENTS), currency);
}

const parts = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 2 });
const signed = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 2, signDisplay: "exceptZero" });
const plain = new Intl.NumberFormat("en-US", { maximumFractionDigits: 3 });

/** A part of one, as a percentage. */
export function part(value: number): string {
  return parts.format(value);
}

/** A gain or loss as a part of one, with its sign. */
export function gain(value: number): string {
  return signed.format(value);
}

export function number(value: number): string {
  return plain.format(value);
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
  return plain.format(value);
}

export function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
