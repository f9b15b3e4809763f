import { describe, expect, it, vi } from "vitest";
import { freshnessOf } from "./freshness";
import { Quotes, type QuoteUpdate } from "./quotes";

const AAPL = "NASDAQ:AAPL";

function update(price: string, receivedAt: string, more: Partial<QuoteUpdate> = {}): QuoteUpdate {
  return {
    instrument: AAPL,
    price,
    previousClose: "226.80",
    changePercent: null,
    at: receivedAt,
    receivedAt,
    recordedAt: null,
    stale: false,
    source: "replay",
    ...more,
  };
}

function frames() {
  const waiting: (() => void)[] = [];
  const quotes = new Quotes((flush) => waiting.push(flush));
  return { quotes, paint: () => waiting.splice(0).forEach((flush) => flush()) };
}

describe("quotes", () => {
  it("tell listeners once per frame, however many prices come", () => {
    const { quotes, paint } = frames();
    const listener = vi.fn();
    quotes.subscribe(AAPL, listener);
    for (let second = 10; second < 20; second += 1) quotes.put(update("227.00", `2026-11-20T10:00:${second}Z`));
    expect(listener).not.toHaveBeenCalled();
    paint();
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it("keep the newest price when an older answer comes late", () => {
    const { quotes } = frames();
    quotes.put(update("228.00", "2026-11-20T10:00:05Z"));
    quotes.put(update("227.00", "2026-11-20T10:00:01Z"));
    expect(quotes.get(AAPL)?.price).toBe("228.00");
  });

  it("say which way the price went", () => {
    const { quotes } = frames();
    quotes.put(update("228.00", "2026-11-20T10:00:01Z"));
    expect(quotes.get(AAPL)?.moved).toBeNull();
    quotes.put(update("228.10", "2026-11-20T10:00:02Z"));
    expect(quotes.get(AAPL)?.moved).toBe("up");
    quotes.put(update("227.9999", "2026-11-20T10:00:03Z"));
    expect(quotes.get(AAPL)?.moved).toBe("down");
  });

  it("keep the previous close when a frame does not repeat it", () => {
    const { quotes } = frames();
    quotes.put(update("228.00", "2026-11-20T10:00:01Z"));
    quotes.put(update("228.10", "2026-11-20T10:00:02Z", { previousClose: null }));
    expect(quotes.get(AAPL)?.previousClose).toBe("226.80");
  });

  it("tell listeners of other instruments nothing", () => {
    const { quotes, paint } = frames();
    const listener = vi.fn();
    quotes.subscribe("NSE:RELIANCE", listener);
    quotes.put(update("228.00", "2026-11-20T10:00:01Z"));
    paint();
    expect(listener).not.toHaveBeenCalled();
  });

  it("count the age by the server's clock when this device's is wrong", () => {
    const { quotes } = frames();
    const server = Date.parse("2026-11-20T10:00:00Z");
    const ahead = 60_000;
    quotes.hear(update("228.00", "2026-11-20T10:00:00Z"), server + ahead);
    const quote = quotes.get(AAPL);
    expect(quote && quotes.age(quote, server + ahead + 7_000)).toBe(7_000);
  });
});

describe("freshness", () => {
  const { quotes } = frames();
  quotes.put(update("228.00", "2026-11-20T10:00:00Z"));
  const streamed = quotes.get(AAPL);
  if (streamed === undefined) throw new Error("unreachable");

  it("calls a streamed price late after 15 seconds", () => {
    expect(freshnessOf(streamed, 15_000).delayed).toBe(false);
    expect(freshnessOf(streamed, 15_001).delayed).toBe(true);
  });

  it("gives a polled price two rounds of half an hour", () => {
    const polled = { ...streamed, source: "twelvedata" };
    expect(freshnessOf(polled, 3_600_000).delayed).toBe(false);
    expect(freshnessOf(polled, 3_600_001).delayed).toBe(true);
  });

  it("calls a price late that was late when it arrived", () => {
    expect(freshnessOf({ ...streamed, stale: true }, 0).delayed).toBe(true);
  });
});
