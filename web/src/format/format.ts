/**
 * Everything that turns a value of the API into text for a person. Money and prices go to Intl as the decimal strings
 * that they are: `Intl.NumberFormat.format` takes them exactly, a float would not.
 */

import { moneyStyle } from "./moneyStyle";

export const MINUS = "\u2212";

/** Rupees are grouped by lakh and crore unless the person wants thousands, all else by thousands, as the mails do. */
function localeOf(currency: string): string {
  return currency === "INR" ? moneyStyle().locale : "en-US";
}

const formatters = new Map<string, Intl.NumberFormat>();

function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale + JSON.stringify(options);
  let formatter = formatters.get(key);
  if (!formatter) {
    formatter = new Intl.NumberFormat(locale, options);
    formatters.set(key, formatter);
  }
  return formatter;
}

/** Intl takes decimal strings; only its types want a narrower one. */
function exact(formatter: Intl.NumberFormat, value: string): string {
  return formatter.format(value as Intl.StringNumericLiteral).replace("-", MINUS);
}

/** A price with its currency: `$227.25`, `₹1,23,45,678.90`; two decimals, up to four where the price has them. */
export function money(value: string, currency: string): string {
  return exact(
    numberFormat(localeOf(currency), {
      style: "currency",
      currency,
      currencyDisplay: moneyStyle().currencyDisplay,
      minimumFractionDigits: 2,
      maximumFractionDigits: 4,
    }),
    value,
  );
}

/** An amount without decimals when it has none: the price of a plan, `₹4,999`. */
export function wholeMoney(value: string, currency: string): string {
  return exact(
    numberFormat(localeOf(currency), { style: "currency", currency, currencyDisplay: moneyStyle().currencyDisplay, trailingZeroDisplay: "stripIfInteger" }),
    value,
  );
}

/** A price without its currency, for columns that name it once. */
export function price(value: string, currency: string): string {
  return exact(numberFormat(localeOf(currency), { minimumFractionDigits: 2, maximumFractionDigits: 4 }), value);
}

/** A change in price, always with its sign, to the cent or paisa: `+1.20`, `−0.35`, `0.00`. */
export function signedPrice(value: string, currency: string): string {
  const formatter = numberFormat(localeOf(currency), {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
    signDisplay: "exceptZero",
  });
  return exact(formatter, value);
}

/** A percentage that the API gives as `1.25` for 1.25 %: `+1.25%`. */
export function percent(value: string): string {
  const formatter = numberFormat("en-US", {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
    signDisplay: "exceptZero",
  });
  return `${exact(formatter, value)}%`;
}

/** A rate without sign and needless zeros: `18`, `2.5`. */
export function rate(value: string): string {
  return exact(numberFormat("en-US", { maximumFractionDigits: 2 }), value);
}

/** A large amount in few characters: `₹1.23Cr`, `₹4.50L`, `$1.20M`. */
export function compactMoney(value: string, currency: string): string {
  return exact(
    numberFormat(localeOf(currency), {
      style: "currency",
      currency,
      notation: "compact",
      minimumFractionDigits: 2,
      maximumFractionDigits: 2,
    }),
    value,
  );
}

/** A count: shares traded, alerts allowed. */
export function quantity(value: string | number, currency = "USD"): string {
  const formatter = numberFormat(localeOf(currency), { maximumFractionDigits: 0 });
  return typeof value === "number" ? formatter.format(value) : exact(formatter, value);
}

/** A count in few characters: `1.2M`, for rupee shares `12L`. */
export function compactQuantity(value: string, currency = "USD"): string {
  return exact(numberFormat(localeOf(currency), { notation: "compact", maximumFractionDigits: 1 }), value);
}
