import { describe, expect, it } from "vitest";
import type { BacktestDraft } from "@/api";
import { amount, shown } from "./amounts";
import { axisOf, bodyOf, emptyForm } from "./form";
import { leftOf } from "./jobs";

const DRAFT: BacktestDraft = {
  version_id: "v", strategy_id: "s", name: "Averages", number: 2, words: "Buys.", interval: "1d", instruments: ["NSE:TCS"],
  numbers: [{ at: "/entry#0", value: "20", words: "sma(close, [20])" }, { at: "/stop/percent", value: "2.5", words: "stop percent" }],
  brokers: ["alice_blue", "zerodha"], last_day: "2013-03-01",
};
const NOW = Date.parse("2026-11-22T10:00:00Z");

describe("the form of a backtest", () => {
  it("opens on the days for which prices are recorded", () => {
    const { first, last, broker, instruments } = emptyForm(DRAFT, NOW);
    expect([first, last]).toEqual(["2008-03-02", "2013-03-01"]);
    expect([broker, instruments]).toEqual(["zerodha", ["NSE:TCS"]]);
    expect(emptyForm({ ...DRAFT, last_day: null }, NOW).last).toBe("2026-11-21");
  });

  it("varies nothing in a single run", () => {
    const axes = [axisOf(DRAFT, "/entry#0")];
    const form = { ...emptyForm(DRAFT, NOW), axes, cash: "10,00,000", broker: "" };
    expect(bodyOf("v", form)).toMatchObject({ kind: "run", axes: [], folds: null, cash: "1000000", broker: null });
    expect(bodyOf("v", form)).toMatchObject({ lot: 1, tick: null, allow_partial: true });
    expect(bodyOf("v", { ...form, lot: "25", tick: "0.1", short: "nothing" })).toMatchObject({ lot: 25, tick: "0.1", allow_partial: false });
    expect(bodyOf("v", { ...form, kind: "sweep" })).toMatchObject({ axes, folds: null });
    expect(bodyOf("v", { ...form, kind: "walk_forward", folds: "4" }).folds).toBe(4);
  });

  it("begins an axis around the strategy's own number, in whole steps where that is whole", () => {
    expect(axisOf(DRAFT, "/entry#0")).toMatchObject({ first: "10", last: "40", step: "3" });
    expect(axisOf(DRAFT, "/stop/percent")).toMatchObject({ first: "1.25", last: "3.75", step: "0.25" });
  });
});

describe("what is shown of a report", () => {
  const figure = { name: "sharpe", label: "Sharpe", unit: "ratio", group: "risk", value: 1.23456, why_not: null, of: null, formula: "", source: "" };

  it("says figures in their units, and none where there is none", () => {
    expect(shown(figure, "INR")).toBe("1.235");
    expect(shown({ ...figure, unit: "percent" }, "INR")).toBe("123.46%");
    expect(shown({ ...figure, unit: "money", value: 1234567.891, of: "NSE:TCS" }, "USD")).toBe("$1,234,567.89 (NSE:TCS)");
    expect(shown({ ...figure, value: null, why_not: "too few" }, "INR")).toBe("–");
    expect(amount(-5, "USD")).toContain("5.00");
  });

  it("guesses the rest of a job from its pace, once there is one", () => {
    expect(leftOf("2026-11-22T09:58:00Z", 500, NOW)).toBe(2);
    expect(leftOf("2026-11-22T09:58:00Z", 20, NOW)).toBeNull();
    expect(leftOf(null, 500, NOW)).toBeNull();
  });
});
