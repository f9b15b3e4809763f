import type { SessionUser } from "./session";

/** What pages know of it: who is really there, until when, why, and where they came from. */
export interface ActingState {
  by: SessionUser;
  /** Unix milliseconds. */
  until: number;
  reason: string;
  returnTo: string;
}

/** The place of another person, as the session keeps it. */
export interface Place extends ActingState {
  token: string;
  timer: ReturnType<typeof setTimeout>;
}

/** Tell the API that one is oneself again, by one's own token. What fails ends by itself within minutes. */
export async function leavePlace(token: string | null): Promise<void> {
  if (token === null) return;
  await fetch("/api/role-testing/", {
    method: "DELETE",
    headers: { Authorization: `Bearer ${token}` },
    credentials: "same-origin",
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined);
}
