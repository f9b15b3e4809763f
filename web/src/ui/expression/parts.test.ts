import { describe, expect, it } from "vitest";
import listed from "./cases.json";
import { callAt, completed, completionAt } from "./completion";
import { choiceOf, turned, type Vocabulary } from "./choices";
import { chained, holdsText, itemsOf, leaf, pathAt, replaced, written, type Part } from "./parts";

// The service's reader is held to the same cases: what it reads of `text` is `root`.
const CASES = listed.cases as { text: string; written: string; root: Part }[];
const parameter = (name: string, kind: "number" | "period", value: string | null, least = 1) => ({ name, kind, default: value, least });
const WORDS: Vocabulary = {
  series: [{ name: "close", words: "the close" }, { name: "open", words: "the open" }],
  functions: [
    { name: "ema", kind: "number", words: "the {period}-bar exponential average of {source}", signature: "ema(source = close, period)", parameters: [parameter("source", "number", "close"), parameter("period", "period", null)] },
    { name: "crossover", kind: "boolean", words: "{a} crosses above {b}", signature: "crossover(a, b)", parameters: [parameter("a", "number", null), parameter("b", "number", null)] },
    { name: "hammer", kind: "boolean", words: "a hammer has formed", signature: "hammer", parameters: [] },
  ],
  intervals: ["1m", "1d"],
  own: [{ id: "1", name: "trend", expression: "ema(20)", kind: "number", meaning: "ema(close, 20)", words: "The average", about: "", created_at: "", updated_at: "" }],
};

function rootOf(text: string): Part {
  const found = CASES.find((one) => one.text === text);
  if (found === undefined) throw new Error(text);
  return found.root;
}

describe("what is written of blocks", () => {
  it.each(CASES.map((one) => [one.text, one] as const))("%s", (_, { root, written: text }) => {
    expect(written(root).text).toBe(text);
  });

  it("says where each part stands, so that a mistake is found at its block", () => {
    const root = rootOf("crossover(ema(close, 20), ema(close, 50)) and rsi(14) < 70");
    const text = written(root);
    for (const { path, from, to } of text.spans) {
      const part = path.reduce((at, step) => at.parts[step] as Part, root);
      expect(text.text.slice(from, to).replace(/^\((.*)\)$/, "$1")).toBe(written(part).text);
    }
    expect(pathAt(text, text.text.indexOf("50") + 1)).toEqual([0, 1, 1]);
    expect(pathAt(text, text.text.indexOf("70") + 1)).toEqual([1, 1]);
  });

  it("keeps what is written by hand together", () => {
    const root = rootOf("close > open and hammer".replace("close > open", "close > 1") + " and doji and shooting_star");
    const [first = leaf("text", "")] = itemsOf(root, "and").map((one) => one.part);
    const changed = replaced(root, [0, 0, 0], leaf("text", "close > 2 or doji", "boolean"));
    expect(holdsText(root)).toBe(false);
    expect(holdsText(changed)).toBe(true);
    expect(written(changed).text).toBe("(close > 2 or doji) and hammer and doji and shooting_star");
    expect(written(first).text).toBe("close > 1");
  });

  it("joins and parts conditions in their order", () => {
    const root = rootOf("close > 1 and hammer and doji and shooting_star");
    const items = itemsOf(root, "and");
    expect(items.map(({ part }) => written(part).text)).toEqual(["close > 1", "hammer", "doji", "shooting_star"]);
    expect(written(chained("or", items.slice(1).map(({ part }) => part))).text).toBe("hammer or doji or shooting_star");
    expect(itemsOf(rootOf("close > 1 and (hammer and doji)"), "and")).toHaveLength(2);
  });
});

describe("a block that becomes another", () => {
  it("keeps what it was made of", () => {
    const compare = rootOf("close > open");
    expect(choiceOf(compare)).toBe("compare");
    expect(written(turned(compare, "call:crossover", WORDS, "")).text).toBe("crossover(close, open)");
    expect(written(turned(compare, "not", WORDS, "")).text).toBe("not close > open");
    expect(written(turned(compare, "and", WORDS, "")).text).toBe("close > open and close > open");
    expect(written(turned(compare, "text", WORDS, "close > open")).text).toBe("close > open");
    expect(written(turned(leaf("series", "open"), "call:ema", WORDS, "")).text).toBe("ema(open, 14)");
    expect(written(turned(leaf("series", "open"), "at", WORDS, "")).text).toBe('at("1d", open)');
    expect(written(turned(leaf("number", "5"), "name:trend", WORDS, "")).text).toBe("trend");
    expect(written(turned(leaf("number", "5"), "calculate", WORDS, "")).text).toBe("5 + open");
  });
});

describe("completion", () => {
  const names = (text: string) => completionAt(text, text.length, WORDS).suggestions.map((one) => one.text);

  it("suggests names for the word that is typed", () => {
    expect(names("cl")).toEqual(["close"]);
    expect(names("close > em")).toEqual(["ema("]);
    expect(names("close > 5 a")).toEqual(["at(", "and"]);
    expect(names("tre")).toEqual(["trend"]);
  });

  it("suggests nothing for what is complete, quoted or a number", () => {
    for (const text of ["close", "", "close > 1", 'at("NSE:C', "1e"]) expect(names(text)).toEqual([]);
  });

  it("writes a function with the caret between its brackets", () => {
    const at = completionAt("close > em", 10, WORDS);
    expect(completed("close > em", at, at.suggestions[0] ?? { text: "", about: "" })).toEqual({ text: "close > ema()", caret: 12 });
  });

  it("knows which argument the caret stands in", () => {
    expect(callAt("close > ema(close, ", 19, WORDS)).toMatchObject({ signature: "ema(source = close, period)", argument: 1 });
    expect(callAt("crossover(ema(close, 20), ", 26, WORDS)).toMatchObject({ signature: "crossover(a, b)", argument: 1 });
    expect(callAt("close > 5", 9, WORDS)).toBeNull();
  });
});
