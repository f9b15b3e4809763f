import { useCallback, useEffect, useSyncExternalStore } from "react";
import { useLive } from "./context";
import { freshnessOf, type Freshness } from "./freshness";
import { quoteOfTick } from "./messages";
import { useNow } from "./now";
import type { Quote, Quotes } from "./quotes";
import type { Subscription } from "./channels";
import type { LiveState } from "./socket";

/** The state of the connection, for the dot and for whoever polls while it is down. */
export function useLiveState(): LiveState {
  const { socket } = useLive();
  return useSyncExternalStore(socket.subscribeState, socket.getState);
}

const POLLING_MS = 5_000;
const BEYOND_PLAN_MS = 30_000;

/** How often REST asks for prices: never while the socket brings them all. */
export function usePollingInterval(): number {
  const { status, liveLimit } = useLiveState();
  if (status === "polling") return POLLING_MS;
  return liveLimit === null ? 0 : BEYOND_PLAN_MS;
}

/** The live quote of an instrument; subscribes to its ticks for as long as the component is shown. */
export function useQuote(instrument: string): Quote | undefined {
  const { socket, quotes } = useLive();
  useEffect(() => {
    return socket.subscribe(`ticks:${instrument}`, {
      onData: (data) => {
        const update = quoteOfTick(data);
        if (update !== null) quotes.hear(update);
      },
    });
  }, [socket, quotes, instrument]);
  return useKnownQuote(instrument);
}

/** The newest quote that the page knows, without asking the server for more. */
export function useKnownQuote(instrument: string): Quote | undefined {
  const { quotes } = useLive();
  const subscribe = useCallback((listener: () => void) => quotes.subscribe(instrument, listener), [quotes, instrument]);
  return useSyncExternalStore(subscribe, () => quotes.get(instrument));
}

/** The quotes themselves, for whoever reads many at once and chooses when. */
export function useQuotes(): Quotes {
  return useLive().quotes;
}

/** How fresh a quote is now; re-renders each second. */
export function useFreshness(quote: Quote): Freshness {
  const { quotes } = useLive();
  return freshnessOf(quote, quotes.age(quote, useNow()));
}

/** Hear a channel while the component is shown. `subscription` must keep its identity between renders. */
export function useChannel(name: string, subscription: Subscription): void {
  const { socket } = useLive();
  useEffect(() => socket.subscribe(name, subscription), [socket, name, subscription]);
}
