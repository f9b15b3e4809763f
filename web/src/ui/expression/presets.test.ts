import { describe, expect, it } from "vitest";
import { conditions } from "@/i18n/en/conditions";
import { patterns } from "@/i18n/en/patterns";
import { CHART_PATTERNS, isGood, joined, PATTERNS, PLACES, PRESETS, written, type PresetValue } from "./presets";

function text(name: string, values = {}) {
  const preset = PRESETS.find((each) => each.name === name);
  if (preset === undefined) throw new Error(name);
  return written(preset, { ...preset.values, ...values });
}

describe("what presets write", () => {
  it("is the text with its values", () => {
    expect(text("high", { days: "20" })).toBe('high > at("1d", highest(high, 20))');
    expect(text("gapDown", { percent: "2.5" })).toBe('session_open <= at("1d", close) * 0.975');
    expect(text("closeUp", { percent: "0.1" })).toBe('close >= at("1d", close) * 1.001');
    expect(text("stronger", { stock: "nse:tcs", bars: "5" })).toBe('percent_change(close, 5) > at("NSE:TCS", percent_change(close, 5))');
    expect(text("date", { date: "2026-11-24", time: "09:30", place: "new_york" })).toBe("date_new_york >= 20261124 and time_new_york >= 930");
  });

  it("is nothing while a value is wrong", () => {
    expect(text("high", { days: "0" })).toBe("");
    expect(text("volume", { times: "" })).toBe("");
    expect(text("stronger", { stock: 'NSE:TCS", close) or at("NSE:X' })).toBe("");
    expect(text("badNews", { score: "-2" })).toBe("");
    expect(isGood("percent", "-1")).toBe(false);
  });

  it("joins what was written before, with brackets where they are needed", () => {
    expect(joined("rsi(14) < 30", "and", "close > open")).toBe("rsi(14) < 30 and close > open");
    expect(joined("close > open or close > 5", "and", text("badNews"))).toBe("(close > open or close > 5) and (news_score < -0.3 and news_age < 60)");
    expect(joined("", "or", "close > open")).toBe("close > open");
    expect(joined("close > 5", "replace", "close > open")).toBe("close > open");
    expect(joined("close > 5", "and", "")).toBe("");
  });

  it("has words for everything", () => {
    const values = new Set(PRESETS.flatMap((preset) => Object.keys(preset.values) as PresetValue[]));
    expect(Object.keys(conditions.presets.names).sort()).toEqual(PRESETS.map((preset) => preset.name).sort());
    expect(Object.keys(conditions.presets.values).sort()).toEqual([...values].sort());
    expect(Object.keys(conditions.presets.patterns).sort()).toEqual([...PATTERNS].sort());
    expect(Object.keys(patterns.names).sort()).toEqual([...CHART_PATTERNS].sort());
    expect(Object.keys(conditions.presets.places).sort()).toEqual([...PLACES].sort());
  });
});
