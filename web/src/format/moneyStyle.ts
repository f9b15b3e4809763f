/** How a person likes money to be written. Held here, since every number of every page is written by it. */
export interface MoneyStyle {
  locale: "en-IN" | "en-US";
  currencyDisplay: "symbol" | "code";
}

const DEFAULT: MoneyStyle = { locale: "en-IN", currencyDisplay: "symbol" };

let current = DEFAULT;

export function moneyStyle(): MoneyStyle {
  return current;
}

/** Write money so from now on. */
export function styleMoney(style: MoneyStyle): void {
  current = style;
}

/** Read what a browser has kept: `en-IN code`. What is none is the default. */
export function readMoneyStyle(kept: string | null): MoneyStyle {
  const [locale, currencyDisplay] = (kept ?? "").split(" ");
  return { locale: locale === "en-US" ? "en-US" : "en-IN", currencyDisplay: currencyDisplay === "code" ? "code" : "symbol" };
}

export function writeMoneyStyle({ locale, currencyDisplay }: MoneyStyle): string {
  return `${locale} ${currencyDisplay}`;
}
