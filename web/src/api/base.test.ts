import { http, HttpResponse } from "msw";
import { describe, expect, it, vi } from "vitest";
import { ALL_STOCKS, authApi, entryApi } from "@/api";
import { createServices } from "@/app/services";
import { AAPL, problem, tokens, useServer } from "@/testing/api";
import { problemOf } from "./problem";

const server = useServer();

async function signedIn() {
  server.use(http.post("/api/auth/login/", () => HttpResponse.json(tokens("token-1"))));
  const services = createServices();
  // Nothing here is about the socket.
  services.socket.start = () => {};
  await services.session.login("trader@example.com", "one");
  return services;
}

function ask({ store }: ReturnType<typeof createServices>) {
  return store.dispatch(entryApi.endpoints.listStocks.initiate(ALL_STOCKS));
}

function endOthers({ store }: ReturnType<typeof createServices>) {
  return store.dispatch(authApi.endpoints.endOtherSessions.initiate());
}

describe("requests", () => {
  it("carry the token, and what they bring of prices goes to the quotes", async () => {
    const services = await signedIn();
    server.use(
      http.get("/api/stocks/", ({ request }) => {
        expect(request.headers.get("authorization")).toBe("Bearer token-1");
        return HttpResponse.json([AAPL]);
      }),
    );
    await ask(services);
    expect(services.quotes.get("NASDAQ:AAPL")?.price).toBe("227.25");
  });

  it("are sent again with a new token when the old one is refused", async () => {
    const services = await signedIn();
    const seen: (string | null)[] = [];
    server.use(
      http.post("/api/auth/refresh/", () => HttpResponse.json(tokens("token-2"))),
      http.get("/api/stocks/", ({ request }) => {
        seen.push(request.headers.get("authorization"));
        return seen.length === 1 ? problem(401, "not_authenticated") : HttpResponse.json([AAPL]);
      }),
    );
    expect((await ask(services)).data).toHaveLength(1);
    expect(seen).toEqual(["Bearer token-1", "Bearer token-2"]);
  });

  it("wait for a fresh proof where one is asked for, all for the same one, and are sent again with the new token", async () => {
    const services = await signedIn();
    const seen: (string | null)[] = [];
    server.use(
      http.delete("/api/auth/sessions/", ({ request }) => {
        seen.push(request.headers.get("authorization"));
        return seen.length <= 2 ? problem(403, "step_up_required") : new HttpResponse(null, { status: 204 });
      }),
    );
    const both = Promise.all([endOthers(services), endOthers(services)]);
    await vi.waitFor(() => expect(seen).toHaveLength(2));
    await vi.waitFor(() => expect(services.stepUp.getState()).toBe(true));
    services.session.provedAnew({ access_token: "token-9", token_type: "bearer", expires_in: 3600 });
    services.stepUp.close(true);
    for (const answer of await both) expect(answer.error).toBeUndefined();
    expect(seen).toEqual(["Bearer token-1", "Bearer token-1", "Bearer token-9", "Bearer token-9"]);
    expect(services.stepUp.getState()).toBe(false);
  });

  it("give the refusal when the person would rather not prove it", async () => {
    const services = await signedIn();
    let calls = 0;
    server.use(
      http.delete("/api/auth/sessions/", () => {
        calls += 1;
        return problem(403, "step_up_required");
      }),
    );
    const asked = endOthers(services);
    await vi.waitFor(() => expect(services.stepUp.getState()).toBe(true));
    services.stepUp.close(false);
    expect(problemOf((await asked).error).code).toBe("step_up_required");
    expect(calls).toBe(1);
  });

  it("give the refusal when the session has ended", async () => {
    const services = await signedIn();
    server.use(
      http.post("/api/auth/refresh/", () => problem(401, "not_authenticated")),
      http.get("/api/stocks/", () => problem(401, "not_authenticated")),
    );
    expect(problemOf((await ask(services)).error).status).toBe(401);
    expect(services.session.state.status).toBe("ended");
  });
});

describe("a problem", () => {
  it("keeps the code, the request and the members that a page needs", async () => {
    const services = await signedIn();
    const errors = [{ field: "/threshold_price", code: "too_small", message: "Above zero." }];
    server.use(http.get("/api/stocks/", () => problem(402, "plan_limit", { limit: 50, used: 50, upgrade_to: "PRO", errors })));
    expect(problemOf((await ask(services)).error)).toMatchObject({
      status: 402,
      code: "plan_limit",
      requestId: "req-1",
      limit: 50,
      upgradeTo: "PRO",
      errors,
    });
  });

  it("is ours when nobody answers, or nobody that we understand", async () => {
    const services = await signedIn();
    server.use(http.get("/api/stocks/", () => HttpResponse.error()));
    expect(problemOf((await ask(services)).error).code).toBe("unreachable");
    server.use(http.get("/api/stocks/", () => new HttpResponse("<h1>Bad gateway</h1>", { status: 502 })));
    expect(problemOf((await ask(services)).error)).toMatchObject({ code: "unreadable_answer", status: 502 });
  });
});
