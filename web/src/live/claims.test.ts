import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { claim } from "./claims";

/** The browser's lock manager as far as claims use it: one holder per name, `null` for whoever comes second. */
function lockManager() {
  const held = new Set<string>();
  return {
    async request(name: string, _options: object, work: (lock: object | null) => Promise<void>) {
      if (held.has(name)) return work(null);
      held.add(name);
      await work({ name });
      held.delete(name);
    },
  };
}

beforeEach(() => {
  vi.useFakeTimers();
  Object.defineProperty(navigator, "locks", { value: lockManager(), configurable: true });
});

afterEach(() => {
  vi.useRealTimers();
  Object.defineProperty(navigator, "locks", { value: undefined, configurable: true });
});

describe("an event that several tabs hear", () => {
  it("is told by one of them", async () => {
    const answers = await Promise.all([claim("event-1"), claim("event-1"), claim("event-1")]);
    expect(answers.filter(Boolean)).toHaveLength(1);
  });

  it("is not told again by a tab that hears it later, or opens later", async () => {
    expect(await claim("event-1")).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await claim("event-1")).toBe(false);
    expect(await claim("event-2")).toBe(true);
  });

  it("is told once by a browser without locks", async () => {
    Object.defineProperty(navigator, "locks", { value: undefined, configurable: true });
    expect(await claim("event-1")).toBe(true);
    expect(await claim("event-1")).toBe(false);
  });
});
