import { cleanup, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import { useServer } from "@/testing/api";
import { renderWithServices } from "@/testing/render";
import { addTexts } from "@/i18n";
import { notifications } from "@/i18n/en/notifications";
import { Addresses } from "./Addresses";
import { remember, subscribe } from "./device";

addTexts({ notifications });

const server = useServer();
const NONE = { items: [], telegram: false, sms: false, push_key: null, next_cursor: null };
const DEVICE = { id: "d1", channel: "push", label: "This browser", status: "active", reason: null, created_at: "2026-11-24T10:00:00Z", link: null };

function answer(page: object) {
  server.use(http.get("/api/notification-addresses/", () => HttpResponse.json({ ...NONE, ...page })));
}

/** Holds one answer by its address, whatever the cache's name. */
function fakeCaches() {
  const held = new Map<string, Response>();
  const cache = { put: (path: string, answer: Response) => Promise.resolve(held.set(path, answer)) };
  return {
    open: () => Promise.resolve(cache),
    match: (path: string) => Promise.resolve(held.get(path)?.clone()),
    delete: () => Promise.resolve(held.clear()),
  };
}

/** A browser that can show notices. Its subscription is to whatever key it is given. */
function canShow(permission: NotificationPermission) {
  const kept: { subscription: object | null } = { subscription: null };
  const pushManager = {
    getSubscription: () => Promise.resolve(kept.subscription),
    subscribe: ({ applicationServerKey }: { applicationServerKey: Uint8Array }) => {
      kept.subscription = {
        options: { applicationServerKey: applicationServerKey.buffer },
        toJSON: () => ({ endpoint: "https://push.example/1", expirationTime: null, keys: { p256dh: "p", auth: "a" } }),
        unsubscribe: () => {
          kept.subscription = null;
          return Promise.resolve(true);
        },
      };
      return Promise.resolve(kept.subscription);
    },
  };
  const worker = { pushManager };
  vi.stubGlobal("caches", fakeCaches());
  vi.stubGlobal("PushManager", class {});
  vi.stubGlobal("Notification", { permission, requestPermission: () => Promise.resolve(permission) });
  Object.defineProperty(navigator, "serviceWorker", {
    configurable: true,
    value: { register: () => Promise.resolve(worker), ready: Promise.resolve(worker), getRegistration: () => Promise.resolve(worker) },
  });
  return kept;
}

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, "serviceWorker");
  localStorage.clear();
});

describe("this device", () => {
  it("is connected by its subscription and let go again", async () => {
    const kept = canShow("granted");
    let told: unknown = null;
    answer({ push_key: "AQID" });
    server.use(
      http.post("/api/notification-addresses/push/", async ({ request }) => {
        told = await request.json();
        answer({ push_key: "AQID", items: [DEVICE] });
        return HttpResponse.json(DEVICE, { status: 201 });
      }),
      http.delete("/api/notification-addresses/d1/", () => {
        answer({ push_key: "AQID" });
        return new HttpResponse(null, { status: 204 });
      }),
    );
    renderWithServices(<Addresses />);
    await userEvent.click(await screen.findByRole("button", { name: "Notify me on this device" }));
    const off = await screen.findByRole("button", { name: "Stop on this device" });
    expect(told).toMatchObject({ endpoint: "https://push.example/1", keys: { p256dh: "p", auth: "a" } });
    await userEvent.click(off);
    expect(await screen.findByRole("button", { name: "Notify me on this device" })).toBeTruthy();
    await waitFor(() => expect(kept.subscription).toBeNull());
  });

  it("is offered again where its push service has given it an address that we were not told of", async () => {
    canShow("granted");
    answer({ push_key: "AQID", items: [DEVICE] });
    localStorage.setItem("sharewise.device", "d1");
    await subscribe("AQID");
    await remember({ endpoint: "https://push.example/before", keys: { auth: "a" } }, "AQID");
    renderWithServices(<Addresses />);
    expect(await screen.findByRole("button", { name: "Notify me on this device" })).toBeTruthy();
    await remember({ endpoint: "https://push.example/1", keys: { auth: "a" } }, "AQID");
    cleanup();
    renderWithServices(<Addresses />);
    expect(await screen.findByRole("button", { name: "Stop on this device" })).toBeTruthy();
  });

  it("says what to do where the browser blocks notices", async () => {
    canShow("denied");
    answer({ push_key: "AQID" });
    renderWithServices(<Addresses />);
    await userEvent.click(await screen.findByRole("button", { name: "Notify me on this device" }));
    expect(await screen.findByText(/Your browser blocks notices/)).toBeTruthy();
  });

  it("is not offered where push is not set up", async () => {
    canShow("granted");
    answer({});
    renderWithServices(<Addresses />);
    expect(await screen.findByText("No chat or device is connected.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Notify me on this device" })).toBeNull();
  });
});

it("connects a number where short messages are sent", async () => {
  let told: unknown = null;
  answer({ sms: true });
  server.use(
    http.post("/api/notification-addresses/sms/", async ({ request }) => {
      told = await request.json();
      answer({ sms: true, items: [{ ...DEVICE, id: "n1", channel: "sms", label: "SMS …3210", status: "pending" }] });
      return HttpResponse.json({ ...DEVICE, id: "n1", channel: "sms", status: "pending" }, { status: 201 });
    }),
  );
  renderWithServices(<Addresses />);
  await userEvent.type(await screen.findByLabelText("Mobile number"), "98765 43210");
  await userEvent.click(screen.getByRole("button", { name: "Connect number" }));
  expect(await screen.findByLabelText("Code that we sent there")).toBeTruthy();
  expect(told).toEqual({ number: "98765 43210" });
});
