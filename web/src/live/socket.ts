/**
 * The one WebSocket of a page: reference-counted subscriptions, reconnection with back-off, replay of missed events by
 * `since`, and two watchdogs. A socket that carries no frame at all is dead; one that lives but brings no prices while
 * the API has newer ones is mute. Both are closed and opened anew, and after three failures REST takes over.
 */

import { Channels, isPriceChannel, PRICES, type Subscription } from "./channels";
import type { ServerFrame } from "./frames";
import { Plans } from "./plans";

export type LiveStatus = "off" | "connecting" | "live" | "reconnecting" | "polling" | "offline" | "paused";

export interface LiveState {
  status: LiveStatus;
  /** When the next attempt starts, as Unix ms; null when none is planned. */
  retryAt: number | null;
  /** How many instruments the person's plan shows live, when the page asks for more; else null. */
  liveLimit: number | null;
}

export interface LiveSocketOptions {
  url: string;
  /** A token for the `auth` frame. `rejected` is one that the server refused or that ends soon. Null: not now. */
  credential: (rejected: string | null) => Promise<string | null>;
  /** Whether the API has newer prices of these instruments than this socket brought. Asked after a quiet while. */
  isMute: (instruments: string[]) => Promise<boolean>;
  open?: (url: string) => WebSocket;
  random?: () => number;
}

export const FAILURES_BEFORE_POLLING = 3;
const SIGN_IN_MS = 10_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
/** The server pings every 20 s: two missed ones and some slack. */
const DEAD_AFTER_MS = 45_000;
const QUIET_MS = 15_000;
const PAUSE_AFTER_HIDDEN_MS = 5_000;
/** Long enough to join what one page change subscribes and unsubscribes. */
const JOIN_MS = 20;

const CREDENTIAL_REFUSED = 4401;
const CLOSED_BY_US = 1000;

export class LiveSocket {
  #state: LiveState = { status: "off", retryAt: null, liveLimit: null };
  #listeners = new Set<() => void>();
  #channels = new Channels();
  #plans = new Plans();
  #socket: WebSocket | null = null;
  #token: string | null = null;
  #refused: string | null = null;
  #failures = 0;
  #pricesHeard = 0;
  #wanted = false;
  #attempt: AbortController | null = null;

  constructor(private readonly options: LiveSocketOptions) {}

  getState = (): LiveState => this.#state;

  subscribeState = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Hear a channel. The answer ends it; the last one to leave ends the channel at the server. */
  subscribe(name: string, subscription: Subscription): () => void {
    const leave = this.#channels.join(name, subscription);
    const sync = () => this.#plans.after("join", JOIN_MS, () => this.#syncChannels());
    sync();
    return () => {
      leave();
      sync();
    };
  }

  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    window.addEventListener("online", this.#onOnline);
    window.addEventListener("offline", this.#onOffline);
    document.addEventListener("visibilitychange", this.#onVisibility);
    void this.#connect();
  }

  /** Close for good: signed out. Where each channel stood is forgotten, it was another person's. */
  stop(): void {
    this.#wanted = false;
    window.removeEventListener("online", this.#onOnline);
    window.removeEventListener("offline", this.#onOffline);
    document.removeEventListener("visibilitychange", this.#onVisibility);
    this.#drop();
    this.#plans.cancel("hidden");
    this.#failures = 0;
    this.#channels.forgetPlaces();
    this.#become("off");
  }

  /** Give the open socket a newer token, so that the old one's end does not close it. */
  async reauthenticate(rejected: string | null = null): Promise<void> {
    const token = await this.options.credential(rejected);
    if (token === null || token === this.#token) return;
    this.#token = token;
    this.#send({ op: "auth", id: "auth", token });
  }

  async #connect(): Promise<void> {
    this.#drop();
    if (!this.#wanted) return;
    if (!navigator.onLine) {
      this.#become("offline");
      return;
    }
    this.#become(this.#failures === 0 ? "connecting" : this.#downStatus());
    // Dropping the socket while we wait for the token must cancel this attempt.
    const attempt = new AbortController();
    this.#attempt = attempt;
    const token = await this.options.credential(this.#refused);
    if (attempt.signal.aborted) return;
    this.#refused = null;
    if (token === null) {
      this.#fail();
      return;
    }
    this.#token = token;
    const socket = (this.options.open ?? ((url: string) => new WebSocket(url)))(this.options.url);
    this.#socket = socket;
    socket.onopen = () => this.#send({ op: "auth", id: "auth", token });
    socket.onmessage = (event: MessageEvent<string>) => this.#hear(JSON.parse(event.data) as ServerFrame);
    socket.onclose = (event) => this.#closed(event.code);
    this.#plans.after("sign-in", SIGN_IN_MS, () => this.#fail());
  }

  #hear(frame: ServerFrame): void {
    this.#plans.after("dead", DEAD_AFTER_MS, () => this.#fail());
    if ("ch" in frame) {
      if (isPriceChannel(frame.ch)) this.#pricesCome();
      this.#channels.deliver(frame.ch, frame.seq, frame.data);
      return;
    }
    switch (frame.op) {
      case "ping":
        // Where no prices are watched, a ping is the proof that the connection holds.
        if (!this.#plans.has("quiet")) this.#failures = 0;
        this.#channels.moveOn(frame.seq ?? {});
        this.#send({ op: "pong" });
        break;
      case "ack":
        if (frame.of === "auth") this.#signedIn(frame.status);
        if (frame.of === "subscribe") {
          this.#taken(frame.refused ?? []);
          this.#channels.begun(frame.channels ?? []);
        }
        break;
      case "error":
        if (frame.code === "plan_limit") this.#taken((frame.channels ?? []).map((channel) => ({ ...frame, channel })));
        break;
      case "status":
        this.#serverIs(frame.state);
        break;
      case "token_expiring":
        void this.reauthenticate(this.#token);
        break;
      case "resync_required":
        this.#channels.resync(frame.channels);
        break;
      default:
      // A word that a newer server says: nothing that we asked for.
    }
  }

  #signedIn(status: string | undefined): void {
    this.#plans.cancel("sign-in");
    // The same ack answers a token that was renewed on the open socket.
    if (this.#state.status !== "live") this.#channels.forgetAsked();
    this.#serverIs(status ?? "live");
    this.#syncChannels();
  }

  /** `degraded`: the socket holds, but prices do not come through it for now, so REST brings them. */
  #serverIs(state: string): void {
    this.#become(state === "degraded" ? "polling" : "live");
  }

  #pricesCome(): void {
    this.#failures = 0;
    this.#pricesHeard += 1;
    this.#watchForPrices();
  }

  /** Note what the plan refused; those channels are asked for again when others have made room. */
  #taken(refused: { channel: string; code?: string; limit?: number }[]): void {
    const beyondPlan = refused.filter((each) => each.code === "plan_limit");
    this.#channels.refused(beyondPlan.map((each) => each.channel));
    const liveLimit = this.#channels.hasRefused ? (beyondPlan[0]?.limit ?? this.#state.liveLimit) : null;
    this.#state = { ...this.#state, liveLimit };
    this.#tell();
  }

  /** Tell the server the difference between the channels that are listened to and those it was asked for. */
  #syncChannels(): void {
    if (this.#socket === null || this.#plans.has("sign-in")) return;
    const { gone, added, since } = this.#channels.difference();
    if (gone.length > 0) this.#send({ op: "unsubscribe", channels: gone });
    if (added.length > 0) this.#send({ op: "subscribe", id: "subscribe", channels: added, since });
    this.#watchForPrices();
  }

  /** After a while without a price, let the API say whether the market or only our socket is quiet. */
  #watchForPrices(): void {
    const instruments = this.#channels.heard().filter(isPriceChannel).map((name) => name.slice(PRICES.length));
    if (instruments.length === 0) {
      this.#plans.cancel("quiet");
      return;
    }
    this.#plans.after("quiet", QUIET_MS, async () => {
      const socket = this.#socket;
      const heard = this.#pricesHeard;
      const mute = await this.options.isMute(instruments).catch(() => false);
      if (socket === null || socket !== this.#socket || heard !== this.#pricesHeard) return;
      if (mute) {
        this.#fail();
        return;
      }
      this.#failures = 0;
      this.#watchForPrices();
    });
  }

  #closed(code: number): void {
    if (code === CREDENTIAL_REFUSED) {
      this.#refused = this.#token;
      // Renewed once and tried at once; refused again, it is a failure like any other.
      if (this.#failures === 0) {
        this.#failures = 1;
        void this.#connect();
        return;
      }
    }
    this.#fail();
  }

  #fail(): void {
    this.#drop();
    if (!this.#wanted) return;
    this.#failures += 1;
    const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
    // Half fixed, half chance: many browsers come back after a restart, and not all in the same second.
    const wait = longest / 2 + (longest / 2) * (this.options.random ?? Math.random)();
    this.#become(navigator.onLine ? this.#downStatus() : "offline", Date.now() + wait);
    this.#plans.after("retry", wait, () => void this.#connect());
  }

  #downStatus(): LiveStatus {
    return this.#failures >= FAILURES_BEFORE_POLLING ? "polling" : "reconnecting";
  }

  #drop(): void {
    this.#attempt?.abort();
    for (const plan of ["sign-in", "dead", "quiet", "retry"] as const) this.#plans.cancel(plan);
    this.#channels.forgetAsked();
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(CLOSED_BY_US);
  }

  #onOnline = (): void => {
    this.#failures = 0;
    void this.#connect();
  };

  #onOffline = (): void => {
    this.#drop();
    this.#become("offline");
  };

  #onVisibility = (): void => {
    if (document.hidden) {
      this.#plans.after("hidden", PAUSE_AFTER_HIDDEN_MS, () => {
        this.#drop();
        this.#become("paused");
      });
    } else {
      this.#plans.cancel("hidden");
      if (this.#state.status === "paused") void this.#connect();
    }
  };

  #send(frame: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #become(status: LiveStatus, retryAt: number | null = null): void {
    this.#state = { ...this.#state, status, retryAt };
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
