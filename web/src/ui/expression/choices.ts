/** What a block may be, and a block turned into another. Pure. */
import type { CustomIndicator, Language } from "@/api";
import { ARITHMETIC, COMPARISONS, isOf, JOINS, leaf, operation, type Kind, type Part } from "./parts";

/** One thing that a block may be. `about` says it in words. */
export interface Choice {
  id: string;
  name: string;
  about: string;
}

/** The names of the language and one's own, as a builder asks for them. */
export interface Vocabulary extends Language {
  own: readonly CustomIndicator[];
}

/** What is built in beside functions: their texts are the pages'. */
export const SHAPES = { boolean: ["compare", "and", "or", "not", "at", "text"], number: ["number", "calculate", "negative", "at", "text"] } as const;
export type Shape = (typeof SHAPES)[Kind][number];

/** List what a block of a kind may be: shapes first, then prices, one's own names, functions. */
export function choicesOf(kind: Kind, { series, functions, own }: Vocabulary, said: (shape: Shape) => Omit<Choice, "id">): Choice[] {
  return [
    ...SHAPES[kind].map((shape) => ({ id: shape, ...said(shape) })),
    ...(kind === "number" ? series.map(({ name, words }) => ({ id: `series:${name}`, name, about: words })) : []),
    ...own.filter((each) => each.kind === kind).map(({ name, words }) => ({ id: `name:${name}`, name, about: words })),
    ...functions.filter((each) => each.kind === kind).map(({ name, words }) => ({ id: `call:${name}`, name, about: wordsOf(words) })),
  ];
}

/** A function's words with its arguments left open. */
export function wordsOf(words: string): string {
  return words.replaceAll(/\{[^}]*\}/g, "…");
}

/** Which choice a block is. */
export function choiceOf(part: Part): string {
  if (part.type === "operation") {
    if (isOf(COMPARISONS, part)) return "compare";
    if (isOf(ARITHMETIC, part)) return "calculate";
    return part.name === "neg" ? "negative" : part.name;
  }
  return part.type === "number" || part.type === "at" || part.type === "text" ? part.type : `${part.type}:${part.name}`;
}

/** Turn a block into another choice. What it was made of stays where the new one has a place for it. */
export function turned(part: Part, choice: string, vocabulary: Vocabulary, text: string): Part {
  const { kind } = part;
  const numbers = part.type === "series" || (part.type === "number" && choice !== "number") ? [part] : part.parts.filter((each) => each.kind === "number");
  const conditions = part.parts.filter((each) => each.kind === "boolean");
  const [first = leaf("series", "close"), second = leaf("series", "open")] = numbers;
  const condition = kind === "boolean" && part.type !== "text" ? part : newCondition();
  if (choice === "text") return leaf("text", text, kind);
  if (choice === "compare") return operation(">", first, second);
  if ((JOINS as readonly string[]).includes(choice)) return operation(choice, ...(conditions.length === 2 ? conditions : [condition, newCondition()]));
  if (choice === "not") return operation("not", condition);
  if (choice === "number") return leaf("number", "100");
  if (choice === "calculate") return operation("+", first, second);
  if (choice === "negative") return operation("neg", first);
  if (choice === "at") return { type: "at", name: "", kind, parts: [kind === "number" ? first : condition], instrument: null, interval: "1d" };
  const [type, name = ""] = choice.split(":");
  return type === "call" ? called(name, [...numbers, ...conditions], vocabulary) : leaf(type as "series", name, kind);
}

export function newCondition(): Part {
  return operation(">", leaf("series", "close"), leaf("series", "open"));
}

function called(name: string, given: readonly Part[], { functions }: Vocabulary): Part {
  const found = functions.find((each) => each.name === name);
  const parameters = found?.parameters ?? [];
  const counts = parameters.some(({ kind }) => kind === "period" || kind === "factor");
  const conditions = given.filter(({ kind }) => kind === "boolean");
  const numbers = given.filter(({ kind, type }) => kind === "number" && !(counts && type === "number"));
  const constants = given.filter(({ type }) => counts && type === "number");
  const parts = parameters.map((parameter, at) => {
    if (parameter.kind === "boolean") return conditions.shift() ?? newCondition();
    if (parameter.kind === "number") return numbers.shift() ?? leaf("series", parameter.default ?? (at === 0 ? "close" : "open"));
    return constants.shift() ?? leaf("number", parameter.default ?? String(Math.max(parameter.least, 14)));
  });
  return { type: "call", name, kind: found?.kind ?? "number", parts };
}
