import { isNewer, type Seq } from "./seq";

export const PRICES = "ticks:";

export function isPriceChannel(name: string): boolean {
  return name.startsWith(PRICES);
}

export interface Subscription {
  onData: (data: unknown, seq: Seq) => void;
  /** The server can no longer replay what was missed: read the state anew by REST. */
  onResync?: () => void;
}

interface Channel {
  subscriptions: Set<Subscription>;
  /** How far we have heard; null before the first message. */
  place: Seq | null;
}

/** Who listens to what, and how far each channel of events has been heard. */
export class Channels {
  #channels = new Map<string, Channel>();
  #asked = new Set<string>();
  #refused = new Set<string>();

  join(name: string, subscription: Subscription): () => void {
    const channel = this.#channels.get(name) ?? { subscriptions: new Set(), place: null };
    this.#channels.set(name, channel);
    channel.subscriptions.add(subscription);
    return () => channel.subscriptions.delete(subscription);
  }

  /** The channels that the server sends us, as far as we know. */
  heard(): string[] {
    return [...this.#asked].filter((name) => !this.#refused.has(name));
  }

  /** Compare what is listened to with what the server was asked for, and take it as asked. */
  difference(): { gone: string[]; added: string[]; since: Record<string, Seq> } {
    for (const [name, channel] of this.#channels) {
      // A channel of events keeps its place, so that a page that comes back hears what it missed.
      if (channel.subscriptions.size === 0 && isPriceChannel(name)) this.#channels.delete(name);
    }
    const wanted = [...this.#channels].filter(([, channel]) => channel.subscriptions.size > 0).map(([name]) => name);
    const gone = this.heard().filter((name) => !wanted.includes(name));
    // What was refused is asked for again once something else has made room.
    const held = new Set(gone.length > 0 ? this.heard() : this.#asked);
    const added = wanted.filter((name) => !held.has(name));
    const since: Record<string, Seq> = {};
    for (const name of added) {
      const place = this.#channels.get(name)?.place;
      if (place != null && !isPriceChannel(name)) since[name] = place;
    }
    this.#asked = new Set(wanted);
    this.#refused = new Set([...this.#refused].filter((name) => wanted.includes(name) && !added.includes(name)));
    return { gone, added, since };
  }

  deliver(name: string, seq: Seq, data: unknown): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    if (!isPriceChannel(name)) {
      // Replay after a reconnection may repeat what came; each event is told once, and never backwards.
      if (channel.place !== null && !isNewer(seq, channel.place)) return;
      channel.place = seq;
    }
    for (const subscription of channel.subscriptions) subscription.onData(data, seq);
  }

  /** The server says how far each channel is: what we heard of it so far is all there was. */
  moveOn(places: Record<string, Seq>): void {
    for (const [name, place] of Object.entries(places)) {
      const channel = this.#channels.get(name);
      if (channel === undefined || !this.#asked.has(name)) continue;
      if (channel.place === null || isNewer(place, channel.place)) channel.place = place;
    }
  }

  /** Channels of events that begin without a place: what happened since the page read its state is not told, so read anew. */
  begun(names: string[]): void {
    this.resync(names.filter((name) => !isPriceChannel(name) && this.#channels.get(name)?.place == null));
  }

  get hasRefused(): boolean {
    return this.#refused.size > 0;
  }

  resync(names: string[]): void {
    for (const name of names) {
      const channel = this.#channels.get(name);
      if (channel === undefined) continue;
      channel.place = null;
      for (const subscription of channel.subscriptions) subscription.onResync?.();
    }
  }

  refused(names: string[]): void {
    for (const name of names) this.#refused.add(name);
  }

  /** A new connection has been asked for nothing yet. */
  forgetAsked(): void {
    this.#asked.clear();
    this.#refused.clear();
  }

  forgetPlaces(): void {
    for (const channel of this.#channels.values()) channel.place = null;
  }
}
