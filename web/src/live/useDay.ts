import { useEffect } from "react";
import { useDispatch } from "react-redux";
import { api, type Stock } from "@/api";
import { dayOf, isNextDay, type Day } from "./day";
import type { Quote } from "./quotes";

/** A day begins for all stocks of an exchange within moments: one reading serves them all. */
const REREAD_EVERY_MS = 3_000;

let rereadAt = 0;

/** The day's figures of a stock, kept right by its quote; a new day has the stocks read anew. */
export function useDay(stock: Stock, quote: Quote | undefined): Day {
  const dispatch = useDispatch();
  const isBehind = isNextDay(stock, quote);
  useEffect(() => {
    if (!isBehind) return;
    const timer = setTimeout(
      () => {
        if (Date.now() - rereadAt < REREAD_EVERY_MS) return;
        rereadAt = Date.now();
        dispatch(api.util.invalidateTags(["stock"]));
      },
      Math.max(500, rereadAt + REREAD_EVERY_MS - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [isBehind, dispatch]);
  return dayOf(stock, quote);
}
