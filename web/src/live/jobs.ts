import { useMemo } from "react";
import { useDispatch } from "react-redux";
import { api } from "@/api";
import type { Subscription } from "./channels";
import { useChannel } from "./hooks";

/** Read what carries a tag anew whenever the server says that a job of ours has moved or is over. */
export function useJobs(tag: "backtests" | "screener"): void {
  const dispatch = useDispatch();
  const subscription = useMemo<Subscription>(() => {
    const readAnew = () => dispatch(api.util.invalidateTags([tag as never]));
    return { onData: readAnew, onResync: readAnew };
  }, [dispatch, tag]);
  useChannel("jobs", subscription);
}
