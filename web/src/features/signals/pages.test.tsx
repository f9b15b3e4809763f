import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { Route, Routes } from "react-router";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Signal, TrackRecord } from "@/api";
import { problem, useServer } from "@/testing/api";
import { renderWithServices } from "@/testing/render";
import RecordPage from "./RecordPage";
import SignalPage from "./SignalPage";
import SignalsPage from "./SignalsPage";

// What is drawn is for the eye; jsdom has no canvas.
vi.mock("@/ui/chart/PriceChart", () => ({ PriceChart: ({ summary }: { summary: string }) => <p>{summary}</p> }));

const server = useServer();

const SIGNAL: Signal = {
  id: "s1", at: "2026-11-20T10:00:00Z", made_at: "2026-11-20T10:00:01Z", data_as_of: "2026-11-20T10:00:00Z", valid_until: "2026-11-23T10:00:00Z",
  instrument: "NSE:TCS", symbol: "TCS", name: "Tata Consultancy Services", currency: "INR", interval: "1d", side: "long", status: "active",
  strategy: "Golden cross", strategy_id: "t1", version_id: "v1", version_number: 2,
  entry_at: null, entry_price: null, reference_price: "4000.00", stop: "3800.00", target: null, exit_at: null, exit_price: null, ended_by: null,
  risk_reward: null, net: null, costs: null, basis: "hypothetical", confidence: null, score: 0.4, fused_by: "fusion-2", model: null, is_ai_generated: false,
  label: "Made by rules.", disclosure: "Investments are subject to market risks.", disclosure_id: "d1", locked: false, words: "Buy TCS",
  offer: { verdict: "ok", capital: "100000.00", capital_of: "stated", units: 12, invested: "48000.00", at_risk: "2400.00", offered_at: "2026-11-20T10:00:01Z", dismissed_at: null },
  reasons: [{ words: "The 50-bar average crosses above the 200-bar average", values: [{ words: "the 50-bar average", value: 4010.5 }] }],
  voices: [
    { name: "trend", words: "the trend", agrees: 0.5, weight: 1, known_at: null, confidence: null },
    { name: "chart", words: "double bottom", agrees: 1, weight: 0.3, known_at: "2026-11-18T10:00:00Z", confidence: 0.82 },
  ],
};
const LOCKED: Signal = { ...SIGNAL, id: "s2", symbol: "INFY", instrument: "NSE:INFY", locked: true, reference_price: null, stop: null };
const RECORD: TrackRecord = {
  strategy: "Golden cross", strategy_id: "t1", version_id: "v1", version_number: 2, basis: "hypothetical", signals: 40, closed: 30, won: 18,
  hit_rate: 0.6, mean_net: 0.012, best: 0.2, worst: -0.08, since: "2025-01-01T00:00:00Z", until: "2026-11-20T00:00:00Z", outcomes_needed: 200, calibration: null,
};

beforeEach(() =>
  server.use(
    http.get("/api/signals/", () => HttpResponse.json({ items: [SIGNAL, LOCKED], next_cursor: null })),
    http.get("/api/signals/s1/", () => HttpResponse.json(SIGNAL)),
    http.get("/api/signals/s2/", () => HttpResponse.json(LOCKED)),
    http.get("/api/signals/track-records/v1/", () => HttpResponse.json(RECORD)),
    http.get("/api/stocks/:symbol/candles/", () => HttpResponse.json({ items: [], next_cursor: null })),
  ),
);

function open(path: string) {
  return renderWithServices(
    <Routes>
      <Route path="/signals" element={<SignalsPage />} />
      <Route path="/signals/:id" element={<SignalPage />} />
      <Route path="/signals/records/:versionId" element={<RecordPage />} />
    </Routes>,
    { path },
  );
}

describe("the feed of signals", () => {
  it("tells each with its prices, and hides those that the plan does not tell", async () => {
    open("/signals");
    const [first, second] = (await screen.findAllByRole("listitem")) as [HTMLElement, HTMLElement];
    expect(within(first).getByText("₹4,000.00")).toBeTruthy();
    expect(within(first).getByText("Entry near")).toBeTruthy();
    expect(within(second).queryByText("Stop loss")).toBeNull();
    expect(within(second).getByRole("link", { name: "See plans" }).getAttribute("href")).toBe("/pricing");
  });

  it("takes one out, and says when that fails", async () => {
    const dismissed: string[] = [];
    server.use(
      http.post("/api/signals/:id/dismiss/", ({ params }) => {
        dismissed.push(String(params.id));
        return dismissed.length === 1 ? HttpResponse.json(SIGNAL) : problem(503, "store_unavailable");
      }),
    );
    open("/signals");
    fireEvent.click(await screen.findByLabelText("Dismiss TCS"));
    await screen.findByText("Taken out of your list");
    fireEvent.click(screen.getByLabelText("Dismiss INFY"));
    await screen.findByText(/^That did not work/);
    expect(dismissed).toEqual(["s1", "s2"]);
  });

  it("says what to do while there is none", async () => {
    server.use(http.get("/api/signals/", () => HttpResponse.json({ items: [], next_cursor: null })));
    open("/signals");
    await screen.findByText("Follow a strategy, and each closed candle may make one.");
  });
});

describe("a signal's page", () => {
  it("says why, what it means for this person, and no percentage before it is calibrated", async () => {
    open("/signals/s1");
    await screen.findByText("the 50-bar average = 4010.5");
    expect(screen.getByText("Fits your plan and your capital. By the capital that you stated: ₹1,00,000.00.")).toBeTruthy();
    expect(screen.getByText("12 units, ₹48,000.00, at risk to the stop: ₹2,400.00")).toBeTruthy();
    expect(screen.getByText("No percentage: too few outcomes yet to calibrate one")).toBeTruthy();
    expect(screen.getByText(/subject to market risks/)).toBeTruthy();
    await screen.findByText("Prices of TCS with entry, stop and target.");
    expect(screen.getByText(/^double bottom, confidence 0.82/).textContent).toMatch(/known since .*18 Nov 2026/);
  });

  it("shows neither prices nor chart of one that is locked", async () => {
    open("/signals/s2");
    await screen.findByRole("heading", { name: "Buy INFY", level: 1 });
    expect(screen.queryByText(/Prices of INFY/)).toBeNull();
  });
});

describe("a track record", () => {
  it("tells all figures after costs, and from when on it is calibrated", async () => {
    open("/signals/records/v1");
    await screen.findByText("From 200 closed signals on, the score is calibrated and its reliability shows here.");
    expect(screen.getByText("Hypothetical: fills are assumed at the prices that were there.")).toBeTruthy();
    const value = (name: string) => screen.getByText(name).nextElementSibling?.textContent;
    expect([value("Signals"), value("Share that earned"), value("Mean result"), value("Lowest result")]).toEqual(["40", "60%", "+1.20%", "−8.00%"]);
    await waitFor(() => expect(screen.getAllByText("Golden cross, version 2", { exact: false }).length).toBeGreaterThan(2));
  });

  it("says that what is said did not hold, where it did not", async () => {
    const calibration = { trained: 300, held_back: 100, error: 0.2, is_good: false, bins: [{ low: 0.5, high: 0.6, count: 40, said: 0.55, came: 0.3 }] };
    server.use(http.get("/api/signals/track-records/v1/", () => HttpResponse.json({ ...RECORD, calibration })));
    open("/signals/records/v1");
    expect((await screen.findByRole("note")).textContent).toContain("no percentage is shown");
  });
});
