/**
 * Exact arithmetic on the decimal strings of the API, in integers of 1/10,000: the precision that the API keeps.
 * A price never becomes a float here; what must be drawn in pixels does so at the canvas.
 */

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/** What a person may type as a price: digits, at most four decimals, optional grouping commas. */
const TYPED = /^(?:\d+|\d{1,3}(?:,\d{2,3})+)(?:\.\d{0,4})?$/;

/** Read a decimal string. Throws RangeError for anything else, for more than four significant decimals too. */
export function toE4(text: string): bigint {
  const match = DECIMAL.exec(text);
  if (!match) throw new RangeError(`Not a decimal number: ${text}`);
  const [, sign, whole = "0", fraction = ""] = match;
  const kept = fraction.slice(0, 4).padEnd(4, "0");
  if (/[1-9]/.test(fraction.slice(4))) throw new RangeError(`More than four decimals: ${text}`);
  const value = BigInt(whole + kept);
  return sign === "-" ? -value : value;
}

/** Write an integer of 1/10,000 with two decimals, or up to four where it has them. */
export function fromE4(value: bigint): string {
  const sign = value < 0n ? "-" : "";
  const digits = (value < 0n ? -value : value).toString().padStart(5, "0");
  const fraction = digits.slice(-4);
  const shown = fraction.endsWith("00") ? fraction.slice(0, 2) : fraction.replace(/0$/, "");
  return `${sign}${digits.slice(0, -4)}.${shown}`;
}

/** Negative, zero or positive as `left` is below, at or above `right`. */
export function compareDecimals(left: string, right: string): number {
  const difference = toE4(left) - toE4(right);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function subtract(left: string, right: string): string {
  return fromE4(toE4(left) - toE4(right));
}

/** `part` as a percentage of `whole` with two decimals, halves away from zero; null when `whole` is zero. */
export function percentOf(part: string, whole: string): string | null {
  const base = toE4(whole);
  if (base === 0n) return null;
  const scaled = toE4(part) * 100_000n;
  // One digit more than we show, then rounded, in integers all the way.
  const thousandths = scaled / base;
  const half = thousandths < 0n ? -5n : 5n;
  const hundredths = (thousandths + half) / 10n;
  const sign = hundredths < 0n ? "-" : "";
  const digits = (hundredths < 0n ? -hundredths : hundredths).toString().padStart(3, "0");
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Where `value` lies between `low` and `high`, as 0..1 for drawing; null when they are the same. */
export function positionBetween(value: string, low: string, high: string): number | null {
  const span = toE4(high) - toE4(low);
  if (span <= 0n) return null;
  const share = Number(((toE4(value) - toE4(low)) * 10_000n) / span) / 10_000;
  return Math.min(1, Math.max(0, share));
}

/** Turn what a person typed ("2,990.5") into a decimal string, or null when it is no positive price. */
export function priceFromInput(text: string): string | null {
  const trimmed = text.trim();
  if (!TYPED.test(trimmed)) return null;
  const plain = trimmed.replaceAll(",", "").replace(/\.$/, "");
  const value = toE4(plain);
  return value > 0n ? fromE4(value) : null;
}
