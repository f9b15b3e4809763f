import { percent } from "./format";

/** A part of 1 as percent with its sign: 0.0512 is +5.12 %. */
export function ratio(value: number): string {
  return percent(String(value * 100));
}

/** A share of 1 as percent without a sign. */
export function share(value: number): string {
  return `${Math.round(value * 100)}%`;
}
