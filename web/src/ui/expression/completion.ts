/** Completing an expression's text while it is typed. Pure. */
import type { Vocabulary } from "./choices";

export interface Suggestion {
  /** What is written. */
  text: string;
  /** What it is, in words. */
  about: string;
}

export interface Completion {
  /** The word that a suggestion takes the place of. */
  from: number;
  to: number;
  suggestions: Suggestion[];
}

const MOST = 8;
const WORDS: readonly Suggestion[] = [
  { text: "and", about: "both hold" },
  { text: "or", about: "one of them holds" },
  { text: "not", about: "it does not hold" },
];
const NOTHING: Completion = { from: 0, to: 0, suggestions: [] };

/** Suggest names for the word before the caret; none for one that stands complete, or within quotes or numbers. */
export function completionAt(text: string, caret: number, vocabulary: Vocabulary): Completion {
  const before = text.slice(0, caret);
  const word = /(?:^|[^\w."'])([A-Za-z_]\w*)$/.exec(before)?.[1];
  if (word === undefined || (before.match(/"/g) ?? []).length % 2 === 1 || /^\w/.test(text.slice(caret))) return NOTHING;
  const typed = word.toLowerCase();
  const all = suggestionsOf(vocabulary);
  if (all.some(({ text: name }) => name.replace(/\($/, "") === typed)) return NOTHING;
  const matching = [...all.filter(({ text: name }) => name.startsWith(typed)), ...all.filter(({ text: name }) => name.indexOf(typed) > 0 && typed.length > 2)];
  return { from: caret - word.length, to: caret, suggestions: matching.slice(0, MOST) };
}

/** Put a suggestion in the place of the word; `caret` stands behind it, within the brackets of a function. */
export function completed(text: string, { from, to }: Completion, suggestion: Suggestion): { text: string; caret: number } {
  const opens = suggestion.text.endsWith("(");
  const rest = text.slice(to);
  const put = opens && rest.startsWith("(") ? suggestion.text.slice(0, -1) : suggestion.text + (opens ? ")" : "");
  return { text: text.slice(0, from) + put + rest, caret: from + suggestion.text.length };
}

export interface CallAt {
  signature: string;
  words: string;
  /** Which argument the caret stands in, from 0. */
  argument: number;
}

/** Name the function whose brackets the caret stands in. */
export function callAt(text: string, caret: number, { functions }: Vocabulary): CallAt | null {
  let depth = 0;
  let argument = 0;
  for (let at = caret - 1; at >= 0; at -= 1) {
    const sign = text[at];
    if (sign === ")") depth += 1;
    else if (sign === "," && depth === 0) argument += 1;
    else if (sign === "(" && depth > 0) depth -= 1;
    else if (sign === "(") {
      const name = /([A-Za-z_]\w*)\s*$/.exec(text.slice(0, at))?.[1]?.toLowerCase();
      const found = functions.find((each) => each.name === name);
      if (found !== undefined) return { signature: found.signature, words: found.words.replaceAll(/[{}]/g, ""), argument };
      if (name === "at") return { signature: 'at("NSE:TCS", "1d", close)', words: "the value on other bars", argument };
      argument = 0;
    }
  }
  return null;
}

function suggestionsOf({ series, functions, own }: Vocabulary): Suggestion[] {
  return [
    ...series.map(({ name, words }) => ({ text: name, about: words })),
    ...own.map(({ name, words }) => ({ text: name, about: words })),
    ...functions.map(({ name, words, parameters }) => ({ text: parameters.length > 0 ? `${name}(` : name, about: words.replaceAll(/[{}]/g, "") })),
    { text: "at(", about: "the value on other bars" },
    ...WORDS,
  ];
}
