import type { Stock } from "@/api";
import { compareDecimals } from "@/format/decimal";
import type { Quote } from "./quotes";

export interface Day {
  previousClose: string | null;
  low: string | null;
  high: string | null;
}

/** Whether the quote belongs to a later trading day than what the API last told of the stock. */
export function isNextDay(stock: Stock, quote: Quote | undefined): boolean {
  return (
    quote !== undefined &&
    quote.previousClose !== null &&
    stock.previous_close !== null &&
    compareDecimals(quote.previousClose, stock.previous_close) !== 0
  );
}

/**
 * The day's figures: as the API last told them, widened by the price that has come since. Of a day that has just begun
 * the extremes are not known until the stock is read anew.
 */
export function dayOf(stock: Stock, quote: Quote | undefined): Day {
  if (quote === undefined) return { previousClose: stock.previous_close, low: stock.day_low, high: stock.day_high };
  const previousClose = quote.previousClose ?? stock.previous_close;
  if (isNextDay(stock, quote)) return { previousClose, low: null, high: null };
  const { day_low: low, day_high: high } = stock;
  return {
    previousClose,
    low: low !== null && compareDecimals(quote.price, low) < 0 ? quote.price : low,
    high: high !== null && compareDecimals(quote.price, high) > 0 ? quote.price : high,
  };
}
