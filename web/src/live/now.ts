import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;
let second = Math.floor(Date.now() / 1000);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    second = Math.floor(Date.now() / 1000);
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

function read(): number {
  // Without a timer nobody has kept the second up to date.
  if (timer === null) second = Math.floor(Date.now() / 1000);
  return second;
}

/** The time as Unix milliseconds, whole seconds; one timer serves every age on the page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, read) * 1000;
}
