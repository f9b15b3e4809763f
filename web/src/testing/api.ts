import { HttpResponse, type JsonBodyType } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll } from "vitest";
import type { CreatedAlertOut, LoggedInUser, StockOut, TokensOut } from "@/api/generated";

/** A server in the process of the tests. What a test does not answer is an error. */
export function useServer() {
  const server = setupServer();
  beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
  afterEach(() => server.resetHandlers());
  afterAll(() => server.close());
  return server;
}

export function problem(status: number, code: string, members: Record<string, JsonBodyType> = {}) {
  return HttpResponse.json(
    { type: `/docs/errors/${code}`, code, title: code, status, detail: `The ${code} detail.`, request_id: "req-1", ...members },
    { status, headers: { "content-type": "application/problem+json" } },
  );
}

export const TRADER: LoggedInUser = {
  id: "0198c5a4-0000-7000-8000-000000000001",
  email: "trader@example.com",
  username: "trader",
  first_name: "Demo",
  last_name: "Trader",
  role: "USER",
  tier: "BASIC",
  email_verified: true,
  second_factor_setup_required: false,
  idle_minutes: null,
};

export function tokens(access: string): TokensOut {
  return { access_token: access, token_type: "bearer", expires_in: 3600, user: TRADER };
}

export const AAPL: StockOut = {
  instrument: "NASDAQ:AAPL",
  symbol: "AAPL",
  name: "Apple Inc.",
  exchange: "NASDAQ",
  currency: "USD",
  current_price: "227.25",
  previous_close: "226.80",
  change: "0.45",
  change_percent: "0.20",
  day_open: "228.00",
  day_high: "230.10",
  day_low: "226.50",
  as_of: "2026-11-20T10:00:00Z",
  received_at: "2026-11-20T10:00:00Z",
  recorded_at: null,
  source: "twelvedata",
  stale: false,
};

export function createdAlert(threshold: string): CreatedAlertOut {
  return {
    id: "0198c5a4-0000-7000-8000-000000000002",
    instrument: AAPL.instrument,
    stock_symbol: AAPL.symbol,
    exchange: AAPL.exchange,
    name: AAPL.name,
    currency: AAPL.currency,
    alert_type: "threshold",
    condition: "above",
    threshold_price: threshold,
    rule: null,
    expression: null,
    written: null,
    signal: null,
    terms: null,
    words: `Tell me once when AAPL on NASDAQ trades at or above $${threshold}.`,
    summary: `at or above $${threshold}`,
    tags: [],
    message: null,
    channels: null,
    expires_at: null,
    snoozed_until: null,
    watchlist_rule_id: null,
    status: "active",
    status_reason: "armed",
    is_active: true,
    note: null,
    created_at: "2026-11-20T10:00:00Z",
    updated_at: "2026-11-20T10:00:00Z",
    armed_at: "2026-11-20T10:00:00Z",
    triggered_at: null,
    already_true: false,
  };
}
