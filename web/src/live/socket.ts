/**
 * The one WebSocket of a page: reference-counted subscriptions, reconnection with back-off, replay of missed events by
 * `since`, and two watchdogs. A socket that carries no frame at all is dead; one that lives but brings no prices while
 * the API has newer ones is mute. Both are closed and opened anew, and after three failures REST takes over.
 */

import { isNewer, type Seq } from "./seq";

export type LiveStatus = "off" | "connecting" | "live" | "reconnecting" | "polling" | "offline" | "paused";

export interface LiveState {
  status: LiveStatus;
  /** When the next attempt starts, as Unix ms; null when none is planned. */
  retryAt: number | null;
}

export interface LiveSocketOptions {
  url: string;
  /** A token for the `auth` frame. `rejected` is one that the server refused. Null: not now. */
  credential: (rejected: string | null) => Promise<string | null>;
  /** Whether the API has newer prices of these instruments than this socket brought. Asked after a quiet while. */
  isMute: (instruments: string[]) => Promise<boolean>;
  open?: (url: string) => WebSocket;
  random?: () => number;
}

export type ChannelListener = (data: unknown, seq: Seq | null) => void;

export interface Subscription {
  onData: ChannelListener;
  /** The server can no longer replay what was missed: read the state anew by REST. */
  onResync?: () => void;
}

interface Channel {
  subscriptions: Set<Subscription>;
  lastSeq: Seq | null;
}

interface Frame {
  op?: string;
  id?: string;
  ch?: string;
  seq?: Seq;
  data?: unknown;
  code?: string;
  channels?: string[];
}

/** Plans that can be pending; `join` and `hidden` outlive a connection. */
type TimerName = "auth" | "dead" | "quiet" | "retry" | "join" | "hidden";

export const FAILURES_BEFORE_POLLING = 3;
const AUTH_TIMEOUT_MS = 5_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
/** The server pings every 20 s: two missed ones and some slack. */
const DEAD_AFTER_MS = 45_000;
const QUIET_MS = 15_000;
const PAUSE_AFTER_HIDDEN_MS = 5_000;
/** Long enough to join what one page change subscribes and unsubscribes. */
const JOIN_MS = 20;

const PRICES = "ticks:";
const CREDENTIAL_REFUSED = 4401;
const CLOSED_BY_US = 1000;

export class LiveSocket {
  #state: LiveState = { status: "off", retryAt: null };
  #listeners = new Set<() => void>();
  #channels = new Map<string, Channel>();
  #asked = new Set<string>();
  #socket: WebSocket | null = null;
  #token: string | null = null;
  #refused: string | null = null;
  #failures = 0;
  #pricesHeard = 0;
  #wanted = false;
  #attempt: AbortController | null = null;
  #timers = new Map<TimerName, ReturnType<typeof setTimeout>>();

  constructor(private readonly options: LiveSocketOptions) {}

  getState = (): LiveState => this.#state;

  subscribeState = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Hear a channel. The answer ends it; the last one to leave ends the channel at the server. */
  subscribe(name: string, subscription: Subscription): () => void {
    const channel = this.#channels.get(name) ?? { subscriptions: new Set(), lastSeq: null };
    this.#channels.set(name, channel);
    channel.subscriptions.add(subscription);
    this.#after("join", JOIN_MS, () => this.#syncChannels());
    return () => {
      channel.subscriptions.delete(subscription);
      this.#after("join", JOIN_MS, () => this.#syncChannels());
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

  /** Close for good: signed out. What was heard so far is forgotten. */
  stop(): void {
    this.#wanted = false;
    window.removeEventListener("online", this.#onOnline);
    window.removeEventListener("offline", this.#onOffline);
    document.removeEventListener("visibilitychange", this.#onVisibility);
    this.#drop();
    this.#cancel("hidden");
    this.#failures = 0;
    for (const channel of this.#channels.values()) channel.lastSeq = null;
    this.#become("off");
  }

  /** Give the open socket the session's newest token, so that the old one's end does not close it. */
  async reauthenticate(rejected: string | null = null): Promise<void> {
    const token = await this.options.credential(rejected);
    if (token === null || token === this.#token || this.#state.status !== "live") return;
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
    this.#become(this.#failures >= FAILURES_BEFORE_POLLING ? "polling" : this.#failures > 0 ? "reconnecting" : "connecting");
    // Dropping the socket while we wait for the token must cancel this attempt.
    const attempt = new AbortController();
    this.#attempt = attempt;
    const token = await this.options.credential(this.#refused);
    if (attempt.signal.aborted || !this.#wanted) return;
    this.#refused = null;
    if (token === null) {
      this.#fail();
      return;
    }
    this.#token = token;
    const socket = (this.options.open ?? ((url: string) => new WebSocket(url)))(this.options.url);
    this.#socket = socket;
    socket.onopen = () => this.#send({ op: "auth", id: "auth", token });
    socket.onmessage = (event: MessageEvent<string>) => this.#receive(event.data);
    socket.onclose = (event) => this.#closed(event.code);
    this.#after("auth", AUTH_TIMEOUT_MS * 2, () => this.#fail());
  }

  #receive(text: string): void {
    this.#after("dead", DEAD_AFTER_MS, () => this.#fail());
    const frame = JSON.parse(text) as Frame;
    if (frame.ch !== undefined) this.#deliver(frame.ch, frame);
    else if (frame.op === "ping") this.#send({ op: "pong" });
    else if (frame.op === "ack" && frame.id === "auth") this.#authenticated();
    else if (frame.op === "token_expiring") void this.reauthenticate(this.#token);
    else if (frame.op === "resync_required") this.#resync(frame.channels);
  }

  #authenticated(): void {
    this.#cancel("auth");
    if (this.#state.status === "live") return;
    this.#become("live");
    this.#asked.clear();
    this.#syncChannels();
    this.#watchForPrices();
  }

  #deliver(name: string, frame: Frame): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    if (frame.op === "resync_required") {
      this.#resync([name]);
      return;
    }
    const seq = frame.seq ?? null;
    if (isPriceChannel(name)) {
      this.#failures = 0;
      this.#pricesHeard += 1;
      this.#watchForPrices();
    } else if (seq !== null) {
      // Replay after a reconnection and a restart of the server may repeat or reorder; each event is told once.
      if (channel.lastSeq !== null && !isNewer(seq, channel.lastSeq)) return;
      channel.lastSeq = seq;
    }
    for (const subscription of channel.subscriptions) subscription.onData(frame.data, seq);
  }

  #resync(names: string[] | undefined): void {
    for (const name of names ?? this.#channels.keys()) {
      const channel = this.#channels.get(name);
      if (channel === undefined) continue;
      channel.lastSeq = null;
      for (const subscription of channel.subscriptions) subscription.onResync?.();
    }
  }

  /** Tell the server the difference between the channels that are listened to and those it was asked for. */
  #syncChannels(): void {
    for (const [name, channel] of this.#channels) {
      if (channel.subscriptions.size === 0) this.#channels.delete(name);
    }
    if (this.#state.status !== "live") return;
    const gone = [...this.#asked].filter((name) => !this.#channels.has(name));
    const added = [...this.#channels.keys()].filter((name) => !this.#asked.has(name));
    if (gone.length > 0) this.#send({ op: "unsubscribe", channels: gone });
    if (added.length > 0) {
      const since: Record<string, Seq> = {};
      for (const name of added) {
        const lastSeq = this.#channels.get(name)?.lastSeq;
        if (lastSeq != null) since[name] = lastSeq;
      }
      this.#send({ op: "subscribe", id: "subscribe", channels: added, since });
    }
    this.#asked = new Set(this.#channels.keys());
    this.#watchForPrices();
  }

  /** After a while without a price, let the API say whether the market or only our socket is quiet. */
  #watchForPrices(): void {
    const instruments = [...this.#channels.keys()].filter(isPriceChannel).map((name) => name.slice(PRICES.length));
    if (instruments.length === 0) {
      this.#cancel("quiet");
      return;
    }
    this.#after("quiet", QUIET_MS, async () => {
      const socket = this.#socket;
      const heard = this.#pricesHeard;
      const mute = await this.options.isMute(instruments).catch(() => false);
      if (socket === null || socket !== this.#socket || heard !== this.#pricesHeard) return;
      if (mute) this.#fail();
      else {
        this.#failures = 0;
        this.#watchForPrices();
      }
    });
  }

  #closed(code: number): void {
    // A refused token is renewed once and tried at once; refused again, it is a failure like any other.
    if (code === CREDENTIAL_REFUSED && this.#failures === 0) {
      this.#refused = this.#token;
      this.#failures = 1;
      void this.#connect();
      return;
    }
    if (code === CREDENTIAL_REFUSED) this.#refused = this.#token;
    this.#fail();
  }

  #fail(): void {
    this.#drop();
    if (!this.#wanted) return;
    this.#failures += 1;
    const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
    // Half fixed, half chance: many browsers come back after a restart, and not all in the same second.
    const wait = longest / 2 + (longest / 2) * (this.options.random ?? Math.random)();
    const status = this.#failures >= FAILURES_BEFORE_POLLING ? "polling" : "reconnecting";
    this.#become(navigator.onLine ? status : "offline", Date.now() + wait);
    this.#after("retry", wait, () => void this.#connect());
  }

  #drop(): void {
    this.#attempt?.abort();
    for (const name of ["auth", "dead", "quiet", "retry"] satisfies TimerName[]) this.#cancel(name);
    this.#asked.clear();
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
      this.#after("hidden", PAUSE_AFTER_HIDDEN_MS, () => {
        this.#drop();
        this.#become("paused");
      });
    } else {
      this.#cancel("hidden");
      if (this.#state.status === "paused") void this.#connect();
    }
  };

  #send(frame: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #become(status: LiveStatus, retryAt: number | null = null): void {
    this.#state = { status, retryAt };
    for (const listener of this.#listeners) listener();
  }

  /** Run later, in place of an earlier plan of the same name. */
  #after(name: TimerName, milliseconds: number, run: () => void): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(run, milliseconds));
  }

  #cancel(name: TimerName): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}

function isPriceChannel(name: string): boolean {
  return name.startsWith(PRICES);
}
