import { describe, expect, it } from "vitest";
import { distanceTo } from "./distance";

describe("the distance to an alert", () => {
  it("is what the price has to go, and its share of the price", () => {
    expect(distanceTo({ condition: "above", threshold_price: "230.00" }, "227.25")).toEqual({
      reached: false,
      amount: "2.75",
      percent: "1.21",
    });
    expect(distanceTo({ condition: "below", threshold_price: "600" }, "612")).toEqual({
      reached: false,
      amount: "12.00",
      percent: "1.96",
    });
  });

  it("is nothing when the level is reached, exactly reached included", () => {
    expect(distanceTo({ condition: "above", threshold_price: "230.00" }, "230")).toMatchObject({ reached: true, amount: "0.00" });
    expect(distanceTo({ condition: "below", threshold_price: "230.00" }, "229.9999").reached).toBe(true);
  });
});
