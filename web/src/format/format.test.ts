import { describe, expect, it } from "vitest";
import { compactMoney, compactQuantity, money, percent, price, quantity, rate, signedPrice, wholeMoney } from "./format";

describe("money", () => {
  it("groups rupees by lakh and crore, dollars by thousands", () => {
    expect(money("12345678.9", "INR")).toBe("₹1,23,45,678.90");
    expect(money("12345678.9", "USD")).toBe("$12,345,678.90");
  });

  it("never passes through a float", () => {
    expect(money("99999999999999.9999", "USD")).toBe("$99,999,999,999,999.9999");
    expect(price("90071992547409.93", "INR")).toBe("9,00,71,99,25,47,409.93");
  });

  it("shows two decimals, and more only where the price has them", () => {
    expect(money("227.25", "USD")).toBe("$227.25");
    expect(money("227", "USD")).toBe("$227.00");
    expect(money("0.0525", "USD")).toBe("$0.0525");
  });

  it("drops the decimals of a plan's whole price", () => {
    expect(wholeMoney("4999.00", "INR")).toBe("₹4,999");
    expect(wholeMoney("4999.50", "INR")).toBe("₹4,999.50");
  });

  it("shortens rupees to crore and lakh, dollars to millions", () => {
    expect(compactMoney("12345678.9", "INR")).toBe("₹1.23Cr");
    expect(compactMoney("450000", "INR")).toBe("₹4.50L");
    expect(compactMoney("1200000", "USD")).toBe("$1.20M");
  });
});

describe("changes", () => {
  it("always carry their sign, a true minus, and none at zero", () => {
    expect(signedPrice("1.2", "USD")).toBe("+1.20");
    expect(signedPrice("-0.35", "USD")).toBe("\u22120.35");
    expect(signedPrice("0.00", "USD")).toBe("0.00");
    expect(percent("1.25")).toBe("+1.25%");
    expect(percent("-3.7")).toBe("\u22123.70%");
    expect(percent("0")).toBe("0.00%");
  });
});

describe("counts and rates", () => {
  it("have no decimals", () => {
    expect(quantity(5000)).toBe("5,000");
    expect(quantity("41234567", "INR")).toBe("4,12,34,567");
    expect(compactQuantity("1234567")).toBe("1.2M");
  });

  it("lose needless zeros", () => {
    expect(rate("18.00")).toBe("18");
    expect(rate("2.50")).toBe("2.5");
  });
});
