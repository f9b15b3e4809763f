import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { renderWithServices } from "@/testing/render";
import { t } from "i18next";
import { differences } from "./differences";
import { growthOf } from "./growth";
import { ReportView } from "./ReportView";
import type { RunReport, SweepReport } from "./report";
import "@/i18n/backtests";

const COMMON = {
  strategy: { name: "Averages", number: 1, version_id: "v" }, words: "Buys.", currency: "USD",
  warnings: [{ code: "few_trades", words: "1 trade is few." }], code_version: "c".repeat(64), data_hash: "d".repeat(64),
};
const figure = (name: string, label: string, unit: string, value: number | null, why_not: string | null = null) => ({
  name, label, unit, group: "return", value, why_not, of: null, formula: "formula", source: "source",
});
const RUN: RunReport = {
  ...COMMON, kind: "run", parameters: { benchmark: null },
  figures: [figure("total_return", "Total return", "percent", 0.1), figure("sharpe", "Sharpe ratio", "ratio", null, "3 returns are too few.")],
  curve: { at_ms: [0, 86_400_000], equity: [100, 110], drawdown: [0, 0], benchmark: null },
  months: [{ year: 1970, months: [0.1, ...Array<null>(11).fill(null)], total: 0.1 }],
  trades: [{
    symbol: "NASDAQ:AAPL", side: "long", units: 1, entry_at: "1970-01-01T00:00:00Z", entry_ms: 0, entry_price: 100,
    exit_at: "1970-01-02T00:00:00Z", exit_ms: 86_400_000, exit_price: 110, reason: "target", costs: 0.5, dividends: 0.25, pnl: 9.75, bars: 1, mae: 0, mfe: 0.1,
  }],
  trade_count: 1, by_reason: [{ name: "target", trades: 4, won: 1, profit: 9.5, costs: 0.5, average: 0.095 }], refused: [{ reason: "no_cash", count: 2 }], costs: { total: 0.5, items: [{ name: "brokerage", amount: 0.5 }] },
  prices: { "NASDAQ:AAPL": { at_ms: [0, 86_400_000], close: [100, 110] } },
  monte_carlo: null, bootstrap: { p_value: null, why_not: "There are too few days." }, look_ahead: { clean: true, checked: 3, words: "Nothing looks ahead." },
};
const SWEEP: SweepReport = {
  ...COMMON, kind: "sweep", parameters: {}, axes: [{ name: "fast", values: [2, 3] }, { name: "slow", values: [8] }], objective: "sharpe",
  points: [{ values: { fast: 2, slow: 8 }, figures: { sharpe: 1 } }, { values: { fast: 3, slow: 8 }, figures: { sharpe: null } }],
  best: 0, deflated_sharpe: { value: 0.4, why_not: null },
};

describe("a report", () => {
  it("shows a run: what it warns of, its figures with the reasons of those that are missing, its trades", () => {
    renderWithServices(<ReportView report={RUN} hash={"e".repeat(64)} />);
    expect(screen.getByText("1 trade is few.")).toBeTruthy();
    expect(screen.getByText("3 returns are too few.")).toBeTruthy();
    expect(screen.getByText("dividends $0.25")).toBeTruthy();
    expect(screen.getByText(/\$100\.00 became \$110\.00 \(\+10%\)/)).toBeTruthy();
    expect(screen.getAllByText("Target")).toHaveLength(2);
    expect(screen.getByText("25%")).toBeTruthy();
    expect(screen.getByText("Nothing looks ahead.")).toBeTruthy();
    expect(screen.getByText("Brokerage")).toBeTruthy();
    expect(screen.getByText("2 for want of money")).toBeTruthy();
    expect(screen.getAllByText("formula (source)")).toHaveLength(2);
    expect(screen.getByText(/Code c{12} · prices d{12} · report e{12}\./)).toBeTruthy();
  });

  it("shows a sweep: its best point, how likely that is luck, and a cell for every point", () => {
    renderWithServices(<ReportView report={SWEEP} hash="" />);
    expect(screen.getByText(/fast = 2, slow = 8/)).toBeTruthy();
    expect(screen.getByText(/2 tries: 40%/)).toBeTruthy();
    expect(screen.getAllByText("–").length).toBeGreaterThan(0);
  });
});

describe("compared runs", () => {
  const parameters = {
    instruments: ["NASDAQ:AAPL"], first: "2025-01-06", last: "2026-01-09", cash: "100000", currency: "USD", fill: "next_open",
    slippage: { kind: "bps", value: "5" }, broker: "zero", segment: "delivery", lot: 1, allow_partial: true, benchmark: null,
  };
  const run = (changed: object) => ({ ...RUN, parameters: { ...parameters, ...changed } });

  it("are told apart by the settings in which they differ", () => {
    expect(differences([run({}), run({ cash: "5000" })], t)).toEqual(["$100,000.00", "$5,000.00"]);
    expect(differences([run({}), run({ broker: null, slippage: { kind: "ticks", value: "2" } })], t)).toEqual([
      "slippage 5 basis points · charges of US broker without commission",
      "slippage 2 ticks · No charges",
    ]);
  });

  it("grow from 1 over the days that all of them have", () => {
    const DAY = 86_400_000;
    const curve = (first: number, equity: number[]) => ({ at_ms: equity.map((_, place) => (first + 10 * place) * DAY), equity, drawdown: [], benchmark: null });
    const growth = growthOf([curve(0, [100, 50, 200, 300]), curve(10, [10, 20, 40, 80])]);
    expect([growth?.from, growth?.to, growth?.isCut]).toEqual([10 * DAY, 30 * DAY, true]);
    expect(growth?.lines.map((line) => [line[0], line.at(-1)])).toEqual([[1, 6], [1, 4]]);
    expect(growthOf([curve(0, [1, 2]), curve(0, [5, 5])])?.isCut).toBe(false);
    expect(growthOf([curve(0, [1, 2]), curve(10, [1, 2])])).toBeNull();
  });

  it("have a place where nothing tells them apart", () => {
    const told = differences([run({}), run({}), run({ lot: 10 })], t);
    expect(told).toEqual(["lots of 1 · run 1", "lots of 1 · run 2", "lots of 10"]);
    expect(differences([run({}), { ...run({}), strategy: { ...RUN.strategy, number: 2 } }], t)).toEqual(["", ""]);
  });
});
