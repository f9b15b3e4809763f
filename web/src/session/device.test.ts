import { http, HttpResponse } from "msw";
import { afterEach, expect, it, vi } from "vitest";
import { tokens, useServer } from "@/testing/api";
import { DEVICE_KEY } from "./device";
import { Session } from "./session";

const server = useServer();

afterEach(() => {
  Reflect.deleteProperty(navigator, "serviceWorker");
  localStorage.clear();
});

async function signedIn(): Promise<Session> {
  server.use(
    http.post("/api/auth/login/", () => HttpResponse.json(tokens("token-1"))),
    http.post("/api/auth/logout/", () => new HttpResponse(null, { status: 204 })),
  );
  const session = new Session();
  await session.login("trader@example.com", "a good long one");
  return session;
}

it("shows no notices to whoever comes after a logout", async () => {
  const unsubscribe = vi.fn(() => Promise.resolve(true));
  const worker = { pushManager: { getSubscription: () => Promise.resolve({ unsubscribe }) } };
  Object.defineProperty(navigator, "serviceWorker", { configurable: true, value: { getRegistration: () => Promise.resolve(worker) } });
  const asked: (string | null)[] = [];
  server.use(
    http.delete("/api/notification-addresses/d1/", ({ request }) => {
      asked.push(request.headers.get("authorization"));
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const session = await signedIn();
  localStorage.setItem(DEVICE_KEY, "d1");
  await session.logout();
  expect(unsubscribe).toHaveBeenCalledOnce();
  expect(asked).toEqual(["Bearer token-1"]);
  expect(localStorage.getItem(DEVICE_KEY)).toBeNull();
});

it("logs out all the same where the API cannot be reached", async () => {
  const session = await signedIn();
  localStorage.setItem(DEVICE_KEY, "d1");
  server.use(http.delete("/api/notification-addresses/d1/", () => HttpResponse.error()));
  await session.logout();
  expect(session.state.status).toBe("anonymous");
  expect(localStorage.getItem(DEVICE_KEY)).toBeNull();
});
