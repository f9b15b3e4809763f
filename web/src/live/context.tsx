import { createContext, useContext, useMemo, type ReactNode } from "react";
import type { Quotes } from "./quotes";
import type { LiveSocket } from "./socket";

interface Live {
  socket: LiveSocket;
  quotes: Quotes;
}

const LiveContext = createContext<Live | null>(null);

export function LiveProvider({ socket, quotes, children }: Live & { children: ReactNode }) {
  const live = useMemo(() => ({ socket, quotes }), [socket, quotes]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error("LiveProvider is missing");
  return live;
}
