import { describe, expect, it } from "vitest";
import { EMPTY, fieldsOf, rulesOf } from "./fields";

describe("a strategy's form", () => {
  it("writes rules that it reads back as they were", () => {
    const fields = {
      ...EMPTY,
      entry: "close > sma(20)",
      exit: "close < sma(20)",
      target: { kind: "atr" as const, amount: "2.5", period: "21" },
      sizeKind: "risk" as const,
      size: "1",
      maxBars: "12",
    };
    const rules = rulesOf(fields);
    expect(rules).toMatchObject({ stop: { percent: "5" }, target: { atr: "2.5", period: 21 }, trailing: null, size: { risk: "1" }, max_bars: 12 });
    expect(fieldsOf(rules as Parameters<typeof fieldsOf>[0])).toEqual(fields);
  });

  it("leaves out what is empty", () => {
    expect(rulesOf({ ...EMPTY, entry: " close > 1 ", maxBars: "soon" })).toMatchObject({ entry: "close > 1", exit: null, max_bars: null });
  });
});
