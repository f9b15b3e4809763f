import { fireEvent, screen, waitFor } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { Route, Routes } from "react-router";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { AAPL, problem, useServer } from "@/testing/api";
import { renderWithServices } from "@/testing/render";
import NewStrategyPage from "./NewStrategyPage";
import ScreenerPage from "./ScreenerPage";
import StrategiesPage from "./StrategiesPage";
import { EMPTY, rulesOf } from "./fields";

// Its own tests are beside it.
vi.mock("@/ui/expression/ExpressionField", () => ({
  default: ({ label, value, error, onWrite }: { label: string; value: string; error: string | null; onWrite: (text: string) => void }) => (
    <label>
      {label}
      <textarea value={value} onChange={(event) => onWrite(event.target.value)} />
      {error}
    </label>
  ),
}));

const server = useServer();
const RULES = rulesOf({ ...EMPTY, entry: "crossover(sma(50), sma(200))", exit: "crossunder(sma(50), sma(200))" });
const TEMPLATE = { key: "golden-cross", name: "Golden cross", about: "Two averages.", source: "A book.", words: "Buys when they cross.", rules: RULES };
const VERSION = { id: "v1", strategy_id: "t1", number: 3, rules: RULES, written: RULES, instruments: ["NASDAQ:AAPL"], words: "Buys when they cross.", note: "", created_at: "2026-11-20T10:00:00Z" };
const STRATEGY = { id: "t1", name: "Mine", about: "", template: null, copied_from: null, created_at: "2026-11-20T10:00:00Z", updated_at: "2026-11-20T10:00:00Z", version: VERSION };

beforeEach(() =>
  server.use(
    http.get("/api/strategies/", () => HttpResponse.json({ items: [STRATEGY], next_cursor: null })),
    http.get("/api/strategies/templates/", () => HttpResponse.json({ items: [TEMPLATE] })),
    http.get("/api/indicators/custom/", () => HttpResponse.json({ items: [] })),
    http.get("/api/instruments/", () => HttpResponse.json({ items: [AAPL], next_cursor: null })),
    http.post("/api/strategies/check/", () => HttpResponse.json({ words: "On daily bars. Buys when they cross.", rules: RULES, instruments: ["NASDAQ:AAPL"], history: 200 })),
  ),
);

function open(path: string) {
  return renderWithServices(
    <Routes>
      <Route path="/strategies" element={<StrategiesPage />} />
      <Route path="/strategies/new" element={<NewStrategyPage />} />
      <Route path="/screener" element={<ScreenerPage />} />
      <Route path="/strategies/:id" element={<h1>The strategy</h1>} />
    </Routes>,
    { path },
  );
}

async function chooseStock() {
  const field = await screen.findByRole("combobox", { name: "Add a stock" });
  fireEvent.focus(field);
  fireEvent.mouseDown(field);
  fireEvent.change(field, { target: { value: "apple" } });
  fireEvent.click(await screen.findByText("Apple Inc."));
}

describe("a scan", () => {
  it("can be cancelled while it goes on, and then says so", async () => {
    let scan: object = {
      id: "s1", expression: "close > 1", meaning: "close > 1", words: "The close is above 1.", interval: "1d", day: null, exchange: null, instruments: null,
      status: "running", reason: null, done: 50, total: 3000, matched: 0, unknown: 0, created_at: "2026-11-20T10:00:00Z", finished_at: null, matches: [],
    };
    server.use(
      http.get("/api/screener/", () => HttpResponse.json({ items: [], next_cursor: null })),
      http.get("/api/screener/s1/", () => HttpResponse.json(scan)),
      http.post("/api/screener/s1/cancel/", () => {
        scan = { ...scan, status: "cancelled", finished_at: "2026-11-20T10:00:01Z" };
        return HttpResponse.json(scan);
      }),
    );
    open("/screener?scan=s1");
    expect(await screen.findByText("Looked at 50 of 3000 …")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Cancel the scan" }));
    expect(await screen.findByText("Cancelled")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Cancel the scan" })).toBeNull();
  });
});

describe("one's strategies", () => {
  it("are listed with their newest version in words, and templates to begin from", async () => {
    open("/strategies");
    expect((await screen.findByRole("link", { name: "Mine" })).getAttribute("href")).toBe("/strategies/t1");
    expect(screen.getByText("Version 3 · 1 stock")).toBeTruthy();
    expect((await screen.findByRole("link", { name: "Use Golden cross" })).getAttribute("href")).toBe("/strategies/new?template=golden-cross");
    expect(screen.getByText("Source: A book.")).toBeTruthy();
  });

  it("name an expression, and say what the plan lacks", async () => {
    server.use(http.post("/api/indicators/custom/", () => problem(402, "plan_feature", { upgrade_to: "ELITE" })));
    open("/strategies");
    fireEvent.change(await screen.findByLabelText("Name"), { target: { value: "trend" } });
    fireEvent.change(screen.getByLabelText("Expression"), { target: { value: "ema(20) - ema(50)" } });
    fireEvent.click(screen.getByText("Add indicator"));
    expect((await screen.findByRole("link", { name: "Compare plans" })).getAttribute("href")).toBe("/pricing");
  });
});

describe("a new strategy", () => {
  it("begins from its template, is said in words and stored as it is written", async () => {
    const sent: unknown[] = [];
    server.use(
      http.post("/api/strategies/", async ({ request }) => {
        sent.push(await request.json());
        return HttpResponse.json(STRATEGY, { status: 201 });
      }),
    );
    open("/strategies/new?template=golden-cross");
    await chooseStock();
    await screen.findByText("On daily bars. Buys when they cross.");
    fireEvent.click(screen.getByText("Create strategy"));
    await screen.findByRole("heading", { name: "The strategy" });
    expect(sent).toEqual([expect.objectContaining({ name: "Golden cross", template: "golden-cross", instruments: ["NASDAQ:AAPL"], rules: RULES })]);
  });

  it("asks for its stocks, and shows what is refused at its field", async () => {
    server.use(
      http.post("/api/strategies/check/", () => problem(422, "validation_failed", { errors: [{ field: "/rules/entry", code: "syntax", message: "It ends too early. (column 9)" }] })),
    );
    open("/strategies/new?template=golden-cross");
    fireEvent.click(await screen.findByText("Create strategy"));
    await screen.findByText("Choose at least one stock.");
    await chooseStock();
    fireEvent.change(screen.getByLabelText(/^Enter when/, { selector: "textarea" }), { target: { value: "close > (" } });
    await waitFor(() => expect(screen.getByLabelText(/^Enter when/, { selector: "textarea" }).parentElement?.textContent).toContain("It ends too early. (column 9)"));
  });
});
