import { useMemo } from "react";
import { useDispatch } from "react-redux";
import { api } from "@/api";
import { useChannel } from "@/live/hooks";
import type { Subscription } from "@/live/channels";

const MINUTE_MS = 60_000;
const PARTS = 1_000;

/** Read backtests anew whenever the server says that a job of ours has moved. */
export function useJobs(): void {
  const dispatch = useDispatch();
  const subscription = useMemo<Subscription>(() => {
    const readAnew = () => dispatch(api.util.invalidateTags(["backtests" as never]));
    return { onData: readAnew, onResync: readAnew };
  }, [dispatch]);
  useChannel("jobs", subscription);
}

/** About how many minutes a job has left at its pace so far; null while nobody can say. */
export function leftOf(startedAt: string | null, progress: number, now = Date.now()): number | null {
  if (startedAt === null || progress < PARTS / 10) return null;
  const spent = now - Date.parse(startedAt);
  return Math.max(1, Math.round((spent * (PARTS - progress)) / progress / MINUTE_MS));
}
