import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLazyListCandlesQuery, useListCandlesQuery } from "@/api";
import { usePollingInterval } from "@/live/hooks";
import type { Quote } from "@/live/quotes";
import { barWithPrice, mergeBars, STEP_MS, type Bar, type Interval } from "@/ui/chart/bars";

const PAGE_SIZE = 200;

/** After a bar has closed, its final form is asked for; not more often than this, however fast a replay runs. */
const REREAD_EVERY_MS = 5_000;

/** How the API is asked for prices that splits and dividends do not make jump; as they were traded otherwise. */
export function adjustedBy(isAdjusted: boolean): { adjusted?: boolean; dividends?: boolean } {
  return isAdjusted ? { adjusted: true, dividends: true } : {};
}

/** The bars of an instrument, oldest first: the newest page, older ones as they are asked for, and the live one. */
export function useBars(instrument: string, interval: Interval, quote: Quote | undefined, adjusted: boolean) {
  const newest = useListCandlesQuery({ symbol: instrument, interval, limit: PAGE_SIZE, ...adjustedBy(adjusted) }, { pollingInterval: usePollingInterval() });
  const [older, setOlder] = useState<{ bars: Bar[]; cursor: string | null | undefined }>({ bars: [], cursor: undefined });
  const [readOlder, { isFetching }] = useLazyListCandlesQuery();

  const page = newest.currentData;
  const seen = useRef<Bar[]>([]);
  const bars = useMemo(() => {
    // Each newer page joins the ones before it, or a gap would open between it and the older bars.
    seen.current = joined(seen.current, [...(page?.items ?? [])].reverse());
    return mergeBars(older.bars, seen.current);
  }, [page, older.bars]);

  const cursor = older.cursor === undefined ? page?.next_cursor : older.cursor;
  const loadOlder = useCallback(() => {
    if (cursor === null || cursor === undefined || isFetching) return;
    void readOlder({ symbol: instrument, interval, limit: PAGE_SIZE, cursor, ...adjustedBy(adjusted) }, true)
      .unwrap()
      .then(
        ({ items, next_cursor }) =>
          setOlder((known) => ({ bars: mergeBars([...items].reverse(), known.bars), cursor: next_cursor })),
        // What is shown stays right without them; scrolling asks again.
        () => undefined,
      );
  }, [adjusted, cursor, instrument, interval, isFetching, readOlder]);

  const last = bars.at(-1) ?? null;
  const forming = useForming(last, interval, quote);
  const hasClosed = last !== null && forming !== null && Date.parse(forming.at) - Date.parse(last.at) >= STEP_MS[interval];
  useReread(hasClosed, newest.refetch);

  return { query: { ...newest, data: page }, bars, forming, loadOlder };
}

/** The bars seen so far with a newer answer. A replay that begins anew answers with earlier bars: those alone count. */
function joined(seen: Bar[], answer: Bar[]): Bar[] {
  const newest = answer.at(-1);
  const known = seen.at(-1);
  if (newest === undefined) return seen;
  if (known !== undefined && Date.parse(newest.at) < Date.parse(known.at)) return answer;
  return mergeBars(seen, answer);
}

/** Keeps the live bar between renders: it grows with each price, and starts again from each newer answer of the API. */
function useForming(last: Bar | null, interval: Interval, quote: Quote | undefined): Bar | null {
  const kept = useRef<Bar | null>(null);
  if (last === null) return null;
  const at = quote === undefined ? null : (quote.recordedAt ?? quote.at);
  let bar = kept.current ?? last;
  const isBehind = Date.parse(bar.at) < Date.parse(last.at);
  // Ahead of the prices themselves: a replay has begun anew.
  const isAhead = at !== null && Date.parse(at) < Date.parse(bar.at);
  if (isBehind || isAhead) bar = last;
  if (quote !== undefined && at !== null) bar = barWithPrice(bar, quote.price, at, interval);
  kept.current = bar;
  return bar;
}

/** Read again while there is something newer than the last answer, at most once in a while. */
function useReread(isBehind: boolean, refetch: () => unknown): void {
  const readAt = useRef(0);
  useEffect(() => {
    if (!isBehind) return;
    const read = () => {
      readAt.current = Date.now();
      timer = setTimeout(read, REREAD_EVERY_MS);
      refetch();
    };
    let timer = setTimeout(read, Math.max(0, readAt.current + REREAD_EVERY_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [isBehind, refetch]);
}
