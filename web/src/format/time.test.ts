import { describe, expect, it } from "vitest";
import { clockTime, dateTime, delay, INDIA, NEW_YORK, recently, zoneOf, zoneOffsetSeconds } from "./time";

describe("times", () => {
  it("name their zone", () => {
    expect(dateTime("2026-11-20T10:00:00Z", INDIA)).toBe("20 Nov 2026, 3:30:00 pm IST");
    expect(clockTime("2026-11-20T20:30:00Z", NEW_YORK)).toBe("3:30:00 pm EST");
    expect(clockTime("2026-07-20T19:30:00Z", NEW_YORK)).toBe("3:30:00 pm EDT");
    expect(clockTime("2026-07-20T19:30:00Z", "UTC")).toBe("7:30:00 pm UTC");
  });

  it("of an exchange are told where it stands", () => {
    expect(zoneOf("NSE")).toBe(INDIA);
    expect(zoneOf("NASDAQ")).toBe(NEW_YORK);
    expect(zoneOf("XETRA")).toBe("UTC");
  });

  it("are relative within the hour only", () => {
    const now = Date.parse("2026-11-20T10:00:00Z");
    expect(recently("2026-11-20T09:59:58Z", now)).toBe("just now");
    expect(recently("2026-11-20T09:59:18Z", now)).toBe("42 s ago");
    expect(recently("2026-11-20T09:48:00Z", now)).toBe("12 min ago");
    expect(recently("2026-11-20T09:00:00Z", now)).toBeNull();
  });

  it("of a delay run like a clock, then in hours and days", () => {
    expect(delay(42_000)).toBe("00:42");
    expect(delay(725_000)).toBe("12:05");
    expect(delay(3 * 3_600_000)).toBe("3 h");
    expect(delay(3 * 86_400_000)).toBe("3 days");
  });

  it("know how far a zone is from UTC, in summer and winter", () => {
    expect(zoneOffsetSeconds(new Date("2026-11-20T10:00:00Z"), INDIA)).toBe(19_800);
    expect(zoneOffsetSeconds(new Date("2026-07-20T10:00:00Z"), NEW_YORK)).toBe(-4 * 3_600);
    expect(zoneOffsetSeconds(new Date("2026-11-20T10:00:00Z"), NEW_YORK)).toBe(-5 * 3_600);
  });
});
