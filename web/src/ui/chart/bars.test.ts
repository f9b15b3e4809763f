import { describe, expect, it } from "vitest";
import { NEW_YORK } from "@/format/time";
import { axisTime, barWithPrice, extremes, mergeBars, type Bar } from "./bars";

function bar(at: string, close: string, more: Partial<Bar> = {}): Bar {
  return { at, open: "100.00", high: "101.00", low: "99.00", close, volume: 10, interpolated: false, complete: true, ...more };
}

describe("the live bar", () => {
  const last = bar("2026-11-20T15:00:00Z", "100.50");

  it("grows with prices of its own interval", () => {
    expect(barWithPrice(last, "102.00", "2026-11-20T15:04:59Z", "5m")).toMatchObject({
      at: last.at,
      high: "102.00",
      low: "99.00",
      close: "102.00",
      complete: false,
    });
    expect(barWithPrice(last, "98.00", "2026-11-20T15:01:00Z", "5m")).toMatchObject({ low: "98.00", high: "101.00" });
  });

  it("is a new one from the next interval on, also after a gap", () => {
    expect(barWithPrice(last, "103.00", "2026-11-20T15:05:00Z", "5m")).toMatchObject({
      at: "2026-11-20T15:05:00.000Z",
      open: "103.00",
      high: "103.00",
      low: "103.00",
      close: "103.00",
      volume: null,
    });
    expect(barWithPrice(last, "103.00", "2026-11-20T15:17:00Z", "5m").at).toBe("2026-11-20T15:15:00.000Z");
  });

  it("is left alone by a price from before it", () => {
    expect(barWithPrice(last, "103.00", "2026-11-20T14:59:59Z", "5m")).toBe(last);
  });
});

describe("joining bars", () => {
  it("sorts, and lets the newer answer correct the older", () => {
    const older = [bar("2026-11-20T14:00:00Z", "1.00"), bar("2026-11-20T15:00:00Z", "2.00")];
    const newer = [bar("2026-11-20T15:00:00Z", "3.00"), bar("2026-11-20T16:00:00Z", "4.00")];
    expect(mergeBars(older, newer).map((each) => each.close)).toEqual(["1.00", "3.00", "4.00"]);
    expect(mergeBars(newer, older).map((each) => each.close)).toEqual(["1.00", "2.00", "4.00"]);
  });

  it("knows the extremes of them all", () => {
    expect(extremes([bar("2026-11-20T14:00:00Z", "1", { low: "9.5" }), bar("2026-11-20T15:00:00Z", "1", { high: "101.5" })])).toEqual({
      low: "9.5",
      high: "101.5",
    });
    expect(extremes([])).toBeNull();
  });
});

describe("the chart's axis", () => {
  it("shows the exchange's wall clock, in summer and winter", () => {
    expect(axisTime("2026-07-20T13:30:00Z", NEW_YORK, "5m")).toBe(Date.UTC(2026, 6, 20, 9, 30) / 1000);
    expect(axisTime("2026-11-20T14:30:00Z", NEW_YORK, "5m")).toBe(Date.UTC(2026, 10, 20, 9, 30) / 1000);
  });

  it("keeps the day of a daily bar that begins at midnight UTC", () => {
    expect(axisTime("2026-11-20T00:00:00Z", NEW_YORK, "1d")).toBe(Date.UTC(2026, 10, 20) / 1000);
  });
});
