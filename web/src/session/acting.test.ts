import { http, HttpResponse } from "msw";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { tokens, TRADER, useServer } from "@/testing/api";
import { Session } from "./session";

const server = useServer();
const OTHER = { ...TRADER, id: "0198c5a4-0000-7000-8000-000000000009", email: "asha@example.com", tier: "PRO" };
const MINUTE = 60_000;

let now = Date.parse("2026-11-20T10:00:00Z");
let session: Session;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  session = new Session(() => now);
  server.use(http.post("/api/auth/login/", () => HttpResponse.json(tokens("own"))));
  await session.login("trader@example.com", "a good long one");
});
afterEach(() => vi.useRealTimers());

function act() {
  session.act({ token: "acting", until: now + 15 * MINUTE, reason: "sees no prices", returnTo: "/staff/role-testing?kind=PRO" }, OTHER);
}

describe("acting as another person", () => {
  it("shows their pages by their token, and says who is there", async () => {
    act();
    expect(await session.token()).toBe("acting");
    expect(session.state.user).toEqual(OTHER);
    expect(session.state.acting).toMatchObject({ by: TRADER, returnTo: "/staff/role-testing?kind=PRO" });
    expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toContain("acting\"");
  });

  it("gives one's own place back, and tells the API by one's own token", async () => {
    const told: (string | null)[] = [];
    server.use(
      http.delete("/api/role-testing/", ({ request }) => {
        told.push(request.headers.get("authorization"));
        return new HttpResponse(null, { status: 204 });
      }),
    );
    act();
    await session.leave();
    expect(told).toEqual(["Bearer own"]);
    expect(session.state).toEqual({ status: "signed_in", user: TRADER });
    expect(await session.token()).toBe("own");
  });

  it("is left although the API cannot be reached", async () => {
    server.use(http.delete("/api/role-testing/", () => HttpResponse.error()));
    act();
    await session.leave();
    expect(session.state.user).toEqual(TRADER);
  });

  it("is over with its time", () => {
    act();
    vi.advanceTimersByTime(15 * MINUTE);
    expect(session.state).toEqual({ status: "signed_in", user: TRADER });
  });

  it("is not renewed: a refusal of its token ends it, one of an older token does not", async () => {
    act();
    expect(await session.renew("own")).toBeNull();
    expect(session.state.user).toEqual(OTHER);
    expect(await session.renew("acting")).toBeNull();
    expect(session.state.user).toEqual(TRADER);
  });

  it("does not take a further place's holder for oneself", () => {
    act();
    session.act({ token: "second", until: now + MINUTE, reason: "other", returnTo: "/staff" }, { ...OTHER, id: TRADER.id });
    expect(session.state.acting?.by).toEqual(TRADER);
  });

  it("ends with signing out", async () => {
    server.use(http.post("/api/auth/logout/", () => new HttpResponse(null, { status: 204 })));
    act();
    await session.logout();
    expect(session.state).toEqual({ status: "anonymous", user: null });
    expect(await session.token()).toBeNull();
  });
});
