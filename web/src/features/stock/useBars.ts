import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLazyListCandlesQuery, useListCandlesQuery } from "@/api";
import { usePollingInterval } from "@/live/hooks";
import type { Quote } from "@/live/quotes";
import { barWithPrice, mergeBars, STEP_MS, type Bar, type Interval } from "@/ui/chart/bars";

const PAGE_SIZE = 200;

/** After a bar has closed, its final form is asked for; not more often than this, however fast a replay runs. */
const REREAD_EVERY_MS = 15_000;

/** The bars of an instrument, oldest first: the newest page, older ones as they are asked for, and the live one. */
export function useBars(instrument: string, interval: Interval, quote: Quote | undefined) {
  const newest = useListCandlesQuery({ symbol: instrument, interval, limit: PAGE_SIZE }, { pollingInterval: usePollingInterval() });
  const [older, setOlder] = useState<{ bars: Bar[]; cursor: string | null | undefined }>({ bars: [], cursor: undefined });
  const [readOlder, { isFetching }] = useLazyListCandlesQuery();

  const page = newest.currentData;
  const bars = useMemo(() => (page === undefined ? [] : mergeBars(older.bars, oldestFirst(page.items))), [page, older.bars]);

  const cursor = older.cursor === undefined ? page?.next_cursor : older.cursor;
  const loadOlder = useCallback(() => {
    if (cursor === null || cursor === undefined || isFetching) return;
    void readOlder({ symbol: instrument, interval, limit: PAGE_SIZE, cursor }, true)
      .unwrap()
      .then(
        (answer) =>
          setOlder((known) => ({ bars: mergeBars(oldestFirst(answer.items), known.bars), cursor: answer.next_cursor })),
        // What is shown stays right without them; scrolling asks again.
        () => undefined,
      );
  }, [cursor, instrument, interval, isFetching, readOlder]);

  const last = bars.at(-1) ?? null;
  const forming = useForming(last, interval, quote);

  const { refetch } = newest;
  const rereadAt = useRef(0);
  const hasClosed = last !== null && forming !== null && Date.parse(forming.at) - Date.parse(last.at) >= STEP_MS[interval];
  useEffect(() => {
    if (!hasClosed) return;
    const timer = setTimeout(
      () => {
        rereadAt.current = Date.now();
        void refetch();
      },
      Math.max(0, rereadAt.current + REREAD_EVERY_MS - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [hasClosed, refetch]);

  return { query: { ...newest, data: newest.currentData }, bars, forming, loadOlder };
}

/** Keeps the live bar between renders: it grows with each price, and starts again from each newer answer of the API. */
function useForming(last: Bar | null, interval: Interval, quote: Quote | undefined): Bar | null {
  const forming = useRef<{ base: Bar | null; bar: Bar | null }>({ base: null, bar: null });
  if (last === null) return null;
  const { base, bar } = forming.current;
  const isBehind = bar === null || Date.parse(bar.at) < Date.parse(last.at);
  // A bar of the same time keeps what we saw of it: the answer may be older than our last price.
  let current = base !== last && isBehind ? last : (bar ?? last);
  if (quote !== undefined) current = barWithPrice(current, quote.price, quote.recordedAt ?? quote.at, interval);
  forming.current = { base: last, bar: current };
  return current;
}

/** The API answers newest first. */
function oldestFirst(items: readonly Bar[]): Bar[] {
  return [...items].reverse();
}
