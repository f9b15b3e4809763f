import { describe, expect, it } from "vitest";
import { compareDecimals, fromE4, percentOf, positionBetween, priceFromInput, subtract, toE4 } from "./decimal";

describe("decimal strings", () => {
  it("become integers of 1/10,000 and back, exactly", () => {
    expect(toE4("227.25")).toBe(2_272_500n);
    expect(toE4("-0.0525")).toBe(-525n);
    expect(toE4("99999999999999.9999")).toBe(999_999_999_999_999_999n);
    expect(fromE4(999_999_999_999_999_999n)).toBe("99999999999999.9999");
    expect(fromE4(2_300_000n)).toBe("230.00");
    expect(fromE4(-525n)).toBe("-0.0525");
    expect(fromE4(1_250n)).toBe("0.125");
  });

  it.each(["", "abc", "1e5", "NaN", "1.", ".5", "1,000.00", "0.00001"])("refuse %j", (text) => {
    expect(() => toE4(text)).toThrow(RangeError);
  });

  it("subtract where floats would not", () => {
    expect(subtract("0.3", "0.1")).toBe("0.20");
    expect(subtract("230.10", "230.1")).toBe("0.00");
  });

  it("compare by value, not by spelling", () => {
    expect(compareDecimals("230", "230.00")).toBe(0);
    expect(compareDecimals("9.5", "10")).toBeLessThan(0);
  });
});

describe("percentages", () => {
  it("round halves away from zero", () => {
    expect(percentOf("0.45", "226.80")).toBe("0.20");
    expect(percentOf("1", "800")).toBe("0.13");
    expect(percentOf("-1", "800")).toBe("-0.13");
  });

  it("do not exist of zero", () => {
    expect(percentOf("1", "0.00")).toBeNull();
  });
});

describe("a place in a range", () => {
  it("lies between 0 and 1, also for a price outside", () => {
    expect(positionBetween("225.00", "220.00", "230.00")).toBe(0.5);
    expect(positionBetween("250.00", "220.00", "230.00")).toBe(1);
    expect(positionBetween("225.00", "225.00", "225.00")).toBeNull();
  });
});

describe("a typed price", () => {
  it.each([
    ["230", "230.00"],
    [" 2,990.5 ", "2990.50"],
    ["1,23,456.75", "123456.75"],
    ["0.0525", "0.0525"],
    ["230.", "230.00"],
  ])("%j is %s", (typed, price) => {
    expect(priceFromInput(typed)).toBe(price);
  });

  it.each(["", "0", "-5", "1.23456", "12a", "1,0", "1e3", "₹230"])("%j is none", (typed) => {
    expect(priceFromInput(typed)).toBeNull();
  });
});
