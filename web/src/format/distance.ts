import { compareDecimals, percentOf, subtract } from "./decimal";

export interface Rule {
  condition: "above" | "below";
  threshold_price: string;
}

export interface Distance {
  /** Whether a price like this fires the alert; reaching the level exactly does. */
  reached: boolean;
  /** How far the price has to go, never negative. */
  amount: string;
  /** The same as a percentage of the price; null at a price of zero. */
  percent: string | null;
}

/** Give the level that an alert waits for; null when it waits for something else than a level. */
export function levelOf(alert: { condition: Rule["condition"] | null; threshold_price: string | null }): Rule | null {
  const { condition, threshold_price } = alert;
  return condition === null || threshold_price === null ? null : { condition, threshold_price };
}

export function distanceTo(rule: Rule, price: string): Distance {
  const gap = rule.condition === "above" ? subtract(rule.threshold_price, price) : subtract(price, rule.threshold_price);
  const reached = compareDecimals(gap, "0") <= 0;
  const amount = reached ? "0.00" : gap;
  return { reached, amount, percent: percentOf(amount, price) };
}
