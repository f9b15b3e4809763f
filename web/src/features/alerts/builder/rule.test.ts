import { describe, expect, it } from "vitest";
import { conditionOf, EMPTY, fieldsOf, frequenciesOf, membersOf, missing, OPERATORS, restOf, ruleOf, termsOf } from "./rule";

describe("what the builder sends", () => {
  it("names only the members that the operator takes", () => {
    const fields = { ...EMPTY, value: "230", low: "220", high: "240", amount: "5", percent: "2.5" };
    for (const operator of OPERATORS) {
      if (operator === "expression" || operator === "signal") continue;
      const members = membersOf(operator).map((member) => (member === "window" ? "window_s" : member));
      expect(Object.keys(ruleOf({ ...fields, operator })).sort()).toEqual(["operator", ...members].sort());
    }
  });

  it("sends an expression in place of a rule", () => {
    expect(conditionOf({ ...EMPTY, operator: "expression", expression: " rsi(14) < 30 " })).toEqual({ expression: "rsi(14) < 30" });
  });

  it("sends signals with their strategy and side, and no terms of bars and prices", () => {
    const fields = { ...EMPTY, operator: "signal" as const, frequency: "every_time" as const, coolDown: "60" };
    expect(conditionOf(fields)).toEqual({ signal: { strategy_id: null, side: null } });
    expect(conditionOf({ ...fields, strategy: "s-1", side: "short" })).toEqual({ signal: { strategy_id: "s-1", side: "short" } });
    expect(termsOf(fields)).toEqual({ frequency: "every_time", cool_down_s: 60, tell_cleared: false });
    expect(frequenciesOf("signal")).not.toContain("once_per_bar");
    expect(missing(fields)).toEqual([]);
    const said = { rule: null, expression: null, terms: null, expires_at: null, message: null, tags: [], channels: null, note: null };
    expect(fieldsOf({ ...said, signal: { strategy_id: "s-1", strategy: "Golden cross", side: "long" } })).toMatchObject({
      operator: "signal", strategy: "s-1", strategyName: "Golden cross", side: "long",
    });
  });

  it("knows what is missing", () => {
    expect(missing({ ...EMPTY, operator: "expression" })).toEqual(["expression"]);
    expect(missing({ ...EMPTY, operator: "inside_channel", low: "220" })).toEqual(["high"]);
    expect(missing({ ...EMPTY, value: "abc" })).toEqual(["value"]);
    expect(missing({ ...EMPTY, operator: "moving_up_percent", percent: "2.5" })).toEqual([]);
  });

  it("parts tags and leaves out what is empty", () => {
    expect(restOf({ ...EMPTY, tags: "swing, , it " })).toEqual({ note: "", tags: ["swing", "it"], message: null, channels: null, expires_at: null });
    expect(termsOf({ ...EMPTY, band: "" }).rearm_band).toBe("0");
  });
});
