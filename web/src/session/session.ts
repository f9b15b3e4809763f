import type { AccessOut, LoggedInUser, SecondStepOut, TokensOut } from "@/api/generated";
import { problemOf, problemOfBody, type Problem } from "@/api/problem";
import { leavePlace, type ActingState, type Place } from "./acting";
import { signByPasskey, type CredentialJson } from "./passkeys";

export type SessionUser = LoggedInUser;

export interface SessionState {
  /**
   * `unknown` until the first answer, `unreachable` when none came though somebody was signed in here, `ended` when a
   * session that was in use was refused: the page stays, a dialog asks.
   */
  status: "unknown" | "unreachable" | "anonymous" | "signed_in" | "ended";
  /** Whose pages are shown: one's own, or those of the person in whose place one is. */
  user: SessionUser | null;
  /** There while one acts as `user`. */
  acting?: ActingState;
}

export type SecondStep = SecondStepOut;

/** `step`: the password was right, and a second factor is asked for. */
export type LoginResult = { ok: true } | { ok: false; problem: Problem } | { ok: false; step: SecondStep };

/** What proves the second step: exactly one of these. */
export type SecondProof = { code: string } | { recovery_code: string } | { passkey: CredentialJson };

interface Access {
  token: string;
  expiresAt: number;
}

type Told = { kind: "signed_in"; access: Access; user: SessionUser } | { kind: "signed_out" };

/** Renew this long before the end, so that no request travels with a token that ends on the way. */
const RENEW_BEFORE_MS = 60_000;
const RETRY_RESTORE_MS = 5_000;
const HINT = "sharewise.signed-in";
const LAST_INPUT = "sharewise.last-input";
const NOTE_INPUT_EVERY_MS = 10_000;
const LOCK = "sharewise.refresh";
const CHANNEL = "sharewise.session";

/**
 * Who is signed in. The access token lives in memory only; the refresh token is a cookie that scripts cannot read.
 * Tabs share a session: one renews at a time (Web Locks) and tells the others (BroadcastChannel), so a family of
 * refresh tokens is never used twice.
 */
export class Session {
  #access: Access | null = null;
  #place: Place | null = null;
  #state: SessionState = { status: "unknown", user: null };
  #listeners = new Set<() => void>();
  #renewing: Promise<string | null> | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);

  constructor(private readonly now: () => number = Date.now) {
    this.#channel?.addEventListener("message", (event: MessageEvent<Told>) => this.#hear(event.data));
  }

  get state(): SessionState {
    return this.#state;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  getState = (): SessionState => this.#state;

  /**
   * Take up the session that this browser may still have. Asks the API only when somebody was signed in here, and again
   * every few seconds while it cannot be reached.
   */
  async restore(): Promise<void> {
    clearTimeout(this.#retry);
    this.noteInput();
    if (localStorage.getItem(HINT) === null) {
      this.#become({ status: "anonymous", user: null });
      return;
    }
    await this.#renewOwn(null);
    if (this.#state.status !== "unknown" && this.#state.status !== "unreachable") return;
    this.#become({ status: "unreachable", user: null });
    this.#retry = setTimeout(() => void this.restore(), RETRY_RESTORE_MS);
  }

  /** Sign in. Never throws: what the API or the network refused is in the result. */
  login(identifier: string, password: string): Promise<LoginResult> {
    return this.#enter("/api/auth/login/", { [identifier.includes("@") ? "email" : "username"]: identifier, password });
  }

  /** Finish a sign-in that asked for a second factor. */
  finishLogin(step: SecondStep, proof: SecondProof): Promise<LoginResult> {
    return this.#enter("/api/auth/login/two-factor/", { challenge: step.challenge, ...proof });
  }

  /** Sign in by a passkey alone. Null when the person changed their mind. */
  async loginByPasskey(): Promise<LoginResult | null> {
    try {
      const answer = await post("/api/auth/login/passkey/options/");
      const body: unknown = await answer.json().catch(() => null);
      if (!answer.ok) return { ok: false, problem: problemOfBody(answer.status, body) };
      const passkey = await signByPasskey((body as { public_key: Record<string, unknown> }).public_key);
      return passkey === null ? null : await this.#enter("/api/auth/login/passkey/", { passkey });
    } catch (error) {
      return { ok: false, problem: problemOf(error) };
    }
  }

  /** Sign in with what the identity provider put into the address, and the key that this tab kept. */
  finishElsewhere(returned: { state: string; code: string; browser_key: string }): Promise<LoginResult> {
    return this.#enter("/api/auth/oidc/finish/", returned);
  }

  /** Take up the new token of a session whose owner proved once more who they are. */
  provedAnew(answer: AccessOut): void {
    const own = this.#place?.by ?? this.#state.user;
    if (own !== null) this.#accept({ ...answer, user: own });
  }

  /** Ask for a token that says what has changed since this one was made. */
  async refresh(): Promise<void> {
    await this.renew(this.#access?.token ?? null);
  }

  /** Sign out here and in every other tab. The browser forgets at once, also when the API cannot be reached. */
  async logout(): Promise<void> {
    const token = this.#access?.token;
    this.#forget("anonymous");
    this.#channel?.postMessage({ kind: "signed_out" } satisfies Told);
    // Before the token ends. The key is that of `DEVICE_KEY`; few browsers have it, so what it takes comes when needed.
    if (token !== undefined && localStorage.getItem("sharewise.device") !== null) {
      await import("./device").then(({ forgetDevice }) => forgetDevice(token)).catch(() => undefined);
    }
    await post("/api/auth/logout/", undefined, token).catch(() => undefined);
  }

  /** A token that is good for a minute at least, or null when nobody is signed in or it cannot be had now. */
  async token(): Promise<string | null> {
    return this.#place?.token ?? this.#ownToken();
  }

  async #ownToken(): Promise<string | null> {
    if (this.#access === null) return null;
    if (this.#access.expiresAt - this.now() > RENEW_BEFORE_MS) return this.#access.token;
    return this.#renewOwn(this.#access.token);
  }

  /**
   * Get a newer token than `rejected`. Concurrent callers share one renewal. A refusal ends the session; an API that
   * cannot be reached does not: the answer is null and the session stays as it is.
   */
  renew(rejected: string | null): Promise<string | null> {
    if (this.#place === null) return this.#renewOwn(rejected);
    // A place is not renewed. What is refused there was ended: by its time, by the person, or with one's own login.
    if (rejected === this.#place.token) this.#leave();
    return Promise.resolve(null);
  }

  /**
   * Act as another person: their pages, only to look, until `leave` or the end of the token. One's own tokens stay as
   * they are, and so do other tabs. A reload leaves the place, since its token is nowhere but here.
   */
  act(place: Omit<Place, "timer" | "by">, user: SessionUser): void {
    const by = this.#place?.by ?? this.#state.user;
    if (by === null) return;
    clearTimeout(this.#place?.timer);
    const timer = setTimeout(() => this.#leave(), place.until - this.now());
    this.#place = { ...place, timer, by };
    this.#become({ status: "signed_in", user, acting: { by, until: place.until, reason: place.reason, returnTo: place.returnTo } });
  }

  /** Be oneself again. The browser forgets at once, also when the API cannot be reached. */
  async leave(): Promise<void> {
    if (this.#place === null) return;
    this.#leave();
    await leavePlace(await this.#ownToken());
  }

  #leave(): void {
    if (this.#place === null) return;
    clearTimeout(this.#place.timer);
    const { by } = this.#place;
    this.#place = null;
    this.#become({ status: "signed_in", user: by });
  }

  #renewOwn(rejected: string | null): Promise<string | null> {
    this.#renewing ??= this.#renewOnce(rejected).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  /** Note that somebody is at the keyboard, of this tab or another: an open page alone keeps no session alive. */
  noteInput(): void {
    const noted = Number(localStorage.getItem(LAST_INPUT));
    if (this.now() - noted > NOTE_INPUT_EVERY_MS) localStorage.setItem(LAST_INPUT, String(this.now()));
  }

  #isIdle(): boolean {
    const minutes = (this.#place?.by ?? this.#state.user)?.idle_minutes ?? null;
    return minutes !== null && this.now() - Number(localStorage.getItem(LAST_INPUT)) > minutes * 60_000;
  }

  /** Replace what we know of the user after they changed it. */
  updateUser(user: Partial<SessionUser>): void {
    if (this.#state.user) this.#become({ ...this.#state, user: { ...this.#state.user, ...user } });
  }

  /** Leave the "signed out" dialog without signing in again. */
  giveUp(): void {
    this.#forget("anonymous");
  }

  async #enter(path: string, body: unknown): Promise<LoginResult> {
    try {
      const answer = await post(path, body);
      const said: unknown = await answer.json().catch(() => null);
      if (!answer.ok) return { ok: false, problem: problemOfBody(answer.status, said) };
      const outcome = said as TokensOut | SecondStepOut;
      if ("two_factor_required" in outcome) return { ok: false, step: outcome };
      this.noteInput();
      this.#accept(outcome);
      return { ok: true };
    } catch (error) {
      return { ok: false, problem: problemOf(error) };
    }
  }

  async #renewOnce(rejected: string | null): Promise<string | null> {
    return oneTabAtATime(async () => {
      // Another tab may have renewed while we waited for the lock.
      if (this.#access !== null && this.#access.token !== rejected && this.#access.expiresAt - this.now() > RENEW_BEFORE_MS) {
        return this.#access.token;
      }
      if (this.#isIdle()) {
        await post("/api/auth/logout/").catch(() => undefined);
        this.#forget("ended");
        return null;
      }
      const answer = await post("/api/auth/refresh/").catch(() => null);
      if (answer === null) return null;
      if (answer.ok) return this.#accept((await answer.json()) as TokensOut);
      if (answer.status === 401 || answer.status === 403 || answer.status === 423) {
        this.#forget(this.#state.status === "signed_in" ? "ended" : "anonymous");
      }
      return null;
    });
  }

  #accept(answer: TokensOut): string {
    const access = { token: answer.access_token, expiresAt: this.now() + answer.expires_in * 1000 };
    const { user } = answer;
    this.#access = access;
    localStorage.setItem(HINT, "1");
    this.#isSignedIn(user);
    this.#channel?.postMessage({ kind: "signed_in", access, user } satisfies Told);
    return access.token;
  }

  #forget(status: "anonymous" | "ended"): void {
    this.#access = null;
    const own = this.#place?.by ?? this.#state.user;
    clearTimeout(this.#place?.timer);
    this.#place = null;
    localStorage.removeItem(HINT);
    localStorage.removeItem(LAST_INPUT);
    this.#become({ status, user: status === "ended" ? own : null });
  }

  #hear(told: Told): void {
    if (told.kind === "signed_out") {
      if (this.#state.status === "signed_in") this.#forget("ended");
      return;
    }
    this.#access = told.access;
    this.#isSignedIn(told.user);
  }

  #isSignedIn(user: SessionUser): void {
    // Renewed behind the place that one is in: whose pages are shown stays.
    if (this.#place !== null) this.#place.by = user;
    else this.#become({ status: "signed_in", user });
  }

  #become(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

function post(path: string, body?: unknown, token?: string): Promise<Response> {
  const headers: Record<string, string> = { "X-Token-Transport": "cookie" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token !== undefined) headers.Authorization = `Bearer ${token}`;
  return fetch(path, {
    method: "POST",
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: "same-origin",
    signal: AbortSignal.timeout(10_000),
  });
}

function oneTabAtATime<T>(work: () => Promise<T>): Promise<T> {
  // Absent outside secure contexts; a single tab is still right then, since renewals within a tab are shared.
  if (!("locks" in navigator) || navigator.locks === undefined) return work();
  return navigator.locks.request(LOCK, work);
}
