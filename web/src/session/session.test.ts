import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import { problem, tokens, TRADER, useServer } from "@/testing/api";
import { safeReturn } from "./returnTo";
import { Session } from "./session";

const server = useServer();
const LOGIN = "/api/auth/login/";
const REFRESH = "/api/auth/refresh/";

let now = Date.parse("2026-11-20T10:00:00Z");
let session: Session;

beforeEach(() => {
  session = new Session(() => now);
});

async function signIn() {
  server.use(http.post(LOGIN, () => HttpResponse.json(tokens("token-1"))));
  await session.login("trader@example.com", "a good long one");
}

describe("signing in", () => {
  it("asks for the refresh token as a cookie, and by address or user name", async () => {
    const bodies: unknown[] = [];
    server.use(
      http.post(LOGIN, async ({ request }) => {
        expect(request.headers.get("x-token-transport")).toBe("cookie");
        bodies.push(await request.json());
        return HttpResponse.json(tokens("token-1"));
      }),
    );
    await session.login("trader@example.com", "one");
    await session.login("trader", "one");
    expect(bodies).toEqual([
      { email: "trader@example.com", password: "one" },
      { username: "trader", password: "one" },
    ]);
    expect(session.state).toEqual({ status: "signed_in", user: TRADER });
  });

  it("gives what the API refused, and keeps no token anywhere in storage", async () => {
    server.use(http.post(LOGIN, () => problem(403, "email_unverified")));
    expect(await session.login("trader@example.com", "one")).toMatchObject({ ok: false, problem: { code: "email_unverified" } });
    await signIn();
    expect(JSON.stringify({ ...localStorage })).not.toContain("token-1");
  });

  it("gives that nobody answered", async () => {
    server.use(http.post(LOGIN, () => HttpResponse.error()));
    expect(await session.login("trader@example.com", "one")).toMatchObject({ ok: false, problem: { code: "unreachable" } });
  });
});

describe("signing in by two steps", () => {
  const step = { two_factor_required: true, challenge: "asked", methods: ["totp", "recovery_code"], passkey: null, expires_in: 300 };

  it("is not signed in by the password alone, and is by the code", async () => {
    const bodies: unknown[] = [];
    server.use(
      http.post(LOGIN, () => HttpResponse.json(step)),
      http.post(`${LOGIN}two-factor/`, async ({ request }) => {
        bodies.push(await request.json());
        return bodies.length === 1 ? problem(401, "invalid_credentials") : HttpResponse.json(tokens("token-1"));
      }),
    );
    const first = await session.login("trader@example.com", "one");
    if (first.ok || !("step" in first)) throw new Error("a second step was expected");
    expect(session.state.status).toBe("unknown");
    expect(await session.token()).toBeNull();
    expect(await session.finishLogin(first.step, { code: "123456" })).toMatchObject({ ok: false, problem: { code: "invalid_credentials" } });
    expect(await session.finishLogin(first.step, { recovery_code: "AAAA-BBBB" })).toEqual({ ok: true });
    expect(bodies).toEqual([
      { challenge: "asked", code: "123456" },
      { challenge: "asked", recovery_code: "AAAA-BBBB" },
    ]);
    expect(session.state.status).toBe("signed_in");
  });
});

describe("taking up a session", () => {
  it("asks nothing of a browser in which nobody was signed in", async () => {
    await session.restore();
    expect(session.state.status).toBe("anonymous");
  });

  it("renews by the cookie where somebody was", async () => {
    await signIn();
    server.use(http.post(REFRESH, () => HttpResponse.json(tokens("token-2"))));
    const reloaded = new Session(() => now);
    await reloaded.restore();
    expect(reloaded.state.status).toBe("signed_in");
    expect(await reloaded.token()).toBe("token-2");
  });

  it("waits for an API that cannot be reached, and goes on when it can", async () => {
    await signIn();
    server.use(http.post(REFRESH, () => problem(503, "store_unavailable")));
    const reloaded = new Session(() => now);
    await reloaded.restore();
    expect(reloaded.state.status).toBe("unreachable");
    server.use(http.post(REFRESH, () => HttpResponse.json(tokens("token-2"))));
    await reloaded.restore();
    expect(reloaded.state.status).toBe("signed_in");
  });

  it("is anonymous again when the cookie is refused", async () => {
    await signIn();
    server.use(http.post(REFRESH, () => problem(401, "not_authenticated")));
    const reloaded = new Session(() => now);
    await reloaded.restore();
    expect(reloaded.state.status).toBe("anonymous");
  });
});

describe("renewing", () => {
  it("happens a minute before the end, once for all who ask", async () => {
    await signIn();
    let renewals = 0;
    server.use(
      http.post(REFRESH, () => {
        renewals += 1;
        return HttpResponse.json(tokens("token-2"));
      }),
    );
    now += 3_539_000;
    expect(await session.token()).toBe("token-1");
    now += 2_000;
    expect(await Promise.all([session.token(), session.token(), session.renew("token-1")])).toEqual(["token-2", "token-2", "token-2"]);
    expect(renewals).toBe(1);
  });

  it("ends the session when it is refused, and remembers who it was", async () => {
    await signIn();
    server.use(http.post(REFRESH, () => problem(401, "not_authenticated")));
    expect(await session.renew("token-1")).toBeNull();
    expect(session.state).toEqual({ status: "ended", user: TRADER });
  });

  it("leaves the session as it is when nobody answers", async () => {
    await signIn();
    server.use(http.post(REFRESH, () => problem(503, "store_unavailable")));
    expect(await session.renew("token-1")).toBeNull();
    expect(session.state.status).toBe("signed_in");
  });
});

describe("being idle", () => {
  it("ends the session of whom it is asked of, though the page stays open, and of nobody else", async () => {
    let renewals = 0;
    let logouts = 0;
    const limited = { ...tokens("token-1"), expires_in: 600, user: { ...TRADER, idle_minutes: 30 } };
    server.use(
      http.post(LOGIN, () => HttpResponse.json(limited)),
      http.post(REFRESH, () => {
        renewals += 1;
        return HttpResponse.json({ ...limited, access_token: `token-${renewals + 1}` });
      }),
      http.post("/api/auth/logout/", () => {
        logouts += 1;
        return new HttpResponse(null, { status: 204 });
      }),
    );
    await session.login("trader@example.com", "one");
    now += 20 * 60_000;
    expect(await session.token()).toBe("token-2");
    session.noteInput();
    now += 29 * 60_000;
    expect(await session.token()).toBe("token-3");
    now += 9.5 * 60_000;
    expect(await session.token()).toBeNull();
    expect(session.state.status).toBe("ended");
    expect([renewals, logouts]).toEqual([2, 1]);

    await signIn();
    server.use(http.post(REFRESH, () => HttpResponse.json(tokens("token-9"))));
    now += 24 * 3_600_000;
    expect(await session.token()).toBe("token-9");
  });
});

describe("signing out", () => {
  it("forgets at once, also when the API cannot be reached", async () => {
    await signIn();
    server.use(http.post("/api/auth/logout/", () => HttpResponse.error()));
    await session.logout();
    expect(session.state).toEqual({ status: "anonymous", user: null });
    expect(await session.token()).toBeNull();
    expect(localStorage.length).toBe(0);
  });
});

describe("the way back after signing in", () => {
  it("is a page of ours, or the dashboard", () => {
    expect(safeReturn("/alerts?tab=paused")).toBe("/alerts?tab=paused");
    for (const other of [null, "", "//evil.example", "/\\evil.example", "https://evil.example", "alerts"]) {
      expect(safeReturn(other)).toBe("/dashboard");
    }
  });
});
