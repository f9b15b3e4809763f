import { configureStore } from "@reduxjs/toolkit";
import { ALL_STOCKS, entryApi } from "@/api";
import type { ApiExtra } from "@/api/base";
import { api } from "@/api/base";
import { quoteOfStock, Quotes } from "@/live/quotes";
import { LiveSocket } from "@/live/socket";
import { Session } from "@/session/session";
import { StepUp } from "@/session/stepUp";
import { preferences } from "@/preferences/slice";

/** What the application is made of, wired once. */
export function createServices() {
  const session = new Session();
  const quotes = new Quotes();
  const stepUp = new StepUp();
  const extra: ApiExtra = { session, quotes, stepUp };
  const store = configureStore({
    reducer: { [api.reducerPath]: api.reducer, preferences: preferences.reducer },
    middleware: (defaults) => defaults({ thunk: { extraArgument: extra } }).concat(api.middleware),
  });

  const socket = new LiveSocket({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`,
    credential: (rejected) => (rejected === null ? session.token() : session.renew(rejected)),
    isMute: async (instruments) => {
      // The answer itself updates the quotes, so what was known before is noted first.
      const known = new Map(instruments.map((instrument) => [instrument, quotes.get(instrument)?.receivedAt]));
      const ask = entryApi.endpoints.listStocks.initiate(ALL_STOCKS, { forceRefetch: true, subscribe: false });
      const stocks = await store.dispatch(ask).unwrap();
      return stocks.some((stock) => {
        const seen = known.get(stock.instrument);
        const newest = quoteOfStock(stock);
        return seen !== undefined && newest !== null && Date.parse(newest.receivedAt) > Date.parse(seen);
      });
    },
  });

  let userId: string | null = null;
  let standing = "";
  session.subscribe(() => {
    const { status, user } = session.getState();
    const current = status === "signed_in" ? (user?.id ?? null) : null;
    const before = standing;
    standing = `${user?.role} ${user?.tier}`;
    if (current === userId) {
      // Another role or plan came with the new token: what pages may show is another too.
      if (standing !== before) store.dispatch(api.util.invalidateTags(["permissions", "profile"]));
      void socket.reauthenticate();
      return;
    }
    userId = current;
    stepUp.close(false);
    // A socket stays with the person who opened it.
    socket.stop();
    if (current !== null) socket.start();
    // After "you were signed out" the page keeps what it showed; another person's sign-in must not see it.
    if (status !== "ended") {
      quotes.clear();
      store.dispatch(api.util.resetApiState());
    }
  });

  return { session, quotes, stepUp, store, socket };
}

export type Services = ReturnType<typeof createServices>;
export type AppState = ReturnType<Services["store"]["getState"]>;
export type AppDispatch = Services["store"]["dispatch"];
