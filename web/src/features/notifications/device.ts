/** This browser as a device that shows notices: its subscription at its push service. */

import { DEVICE_CACHE } from "@/session/device";

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/SamsungBrowser\//, "Samsung Internet"],
  [/Firefox\/|FxiOS\//, "Firefox"],
  [/Chrome\/|CriOS\//, "Chrome"],
  [/Safari\//, "Safari"],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

/** Whether this browser can show notices while the app is closed. */
export function canPush(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

/** What a person calls this browser: `["Chrome", "Linux"]`; null where we cannot tell. */
export function deviceName(agent: string): [string, string] | null {
  const browser = BROWSERS.find(([pattern]) => pattern.test(agent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  return browser === undefined || system === undefined ? null : [browser, system];
}

/** The subscription that this browser has, if any. */
export async function subscribed(): Promise<PushSubscription | null> {
  const worker = await navigator.serviceWorker.getRegistration("/");
  return (await worker?.pushManager.getSubscription()) ?? null;
}

/**
 * Subscribes this browser to our key. A subscription to another key is given up first: it would never be written to.
 * Throws what the browser throws when its push service cannot be reached.
 */
export async function subscribe(key: string): Promise<PushSubscription> {
  await navigator.serviceWorker.register("/sw.js", { scope: "/" });
  const { pushManager } = await navigator.serviceWorker.ready;
  const wanted = bytes(key);
  const held = await pushManager.getSubscription();
  if (held !== null) {
    if (isSame(held.options.applicationServerKey, wanted)) return held;
    await held.unsubscribe();
  }
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: wanted });
}

/** Keeps for the service worker what it tells should this browser's address change: see `public/sw.js`. */
export async function remember({ endpoint = "", keys = {} }: PushSubscriptionJSON, key: string): Promise<void> {
  const cache = await caches.open(DEVICE_CACHE);
  await cache.put("/device", Response.json({ endpoint, auth: keys.auth, key }));
}

/** Whether this subscription is the one that we were told of. */
export async function isKnown(subscription: PushSubscription): Promise<boolean> {
  const kept = await caches.match("/device");
  return kept !== undefined && ((await kept.json()) as { endpoint: string }).endpoint === subscription.toJSON().endpoint;
}

/** Reads base64url. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(raw, (character) => character.charCodeAt(0));
}

function isSame(held: ArrayBuffer | null | undefined, wanted: Uint8Array): boolean {
  if (!held) return false;
  const known = new Uint8Array(held);
  return known.length === wanted.length && known.every((byte, place) => byte === wanted[place]);
}
