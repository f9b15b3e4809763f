import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";

const source = readFileSync(join(import.meta.dirname, "../../../public/sw.js"), "utf8");
const KEPT = { endpoint: "https://push.example/1", auth: "old", key: "AQID" };
const NEW = { toJSON: () => ({ endpoint: "https://push.example/2", keys: { p256dh: "p", auth: "new" } }) };

/** Runs the service worker with what it keeps, and has its push service change its subscription. */
async function change(kept: object | undefined, newSubscription: typeof NEW | null, answer = new Response(null, { status: 204 })) {
  const handlers = new Map<string, (event: object) => void>();
  const subscribe = vi.fn(() => Promise.resolve(NEW));
  const worker = { addEventListener: (name: string, handler: (event: object) => void) => handlers.set(name, handler), registration: { pushManager: { subscribe } } };
  let held = kept;
  const cache = { put: async (_: string, written: Response) => void (held = (await written.json()) as object) };
  const caches = { match: () => Promise.resolve(held && Response.json(held)), open: () => Promise.resolve(cache) };
  const fetch = vi.fn((_url: string, _init: RequestInit) => Promise.resolve(answer));
  // A script of a realm of its own: it is given what that realm would have.
  new Function("self", "caches", "fetch", source)(worker, caches, fetch);
  let work: Promise<unknown> = Promise.resolve();
  handlers.get("pushsubscriptionchange")?.({ newSubscription, waitUntil: (given: Promise<unknown>) => (work = given) });
  await work;
  return { fetch, subscribe, held };
}

it("tells the new address with the secret of the old one, and keeps it", async () => {
  const { fetch, subscribe, held } = await change(KEPT, NEW);
  const [url, init] = fetch.mock.calls[0] ?? [];
  expect(url).toBe("/api/notification-addresses/push/moved/");
  expect(JSON.parse(String(init?.body))).toEqual({
    previous: { endpoint: "https://push.example/1", auth: "old" },
    endpoint: "https://push.example/2",
    keys: { p256dh: "p", auth: "new" },
  });
  expect(subscribe).not.toHaveBeenCalled();
  expect(held).toEqual({ endpoint: "https://push.example/2", auth: "new", key: "AQID" });
});

it("subscribes anew to the same key where the subscription has just ended", async () => {
  const { fetch, subscribe } = await change(KEPT, null);
  expect(subscribe).toHaveBeenCalledWith({ userVisibleOnly: true, applicationServerKey: "AQID" });
  expect(fetch).toHaveBeenCalledOnce();
});

it("keeps the old one where the new one was not taken, so that the page offers to connect again", async () => {
  const { held } = await change(KEPT, NEW, new Response(null, { status: 404 }));
  expect(held).toEqual(KEPT);
});

it("tells nothing for somebody who has signed out", async () => {
  const { fetch } = await change(undefined, NEW);
  expect(fetch).not.toHaveBeenCalled();
});
