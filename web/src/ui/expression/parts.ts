/** An expression as a tree of parts, which blocks show and change, and the text that it stands for. Pure. */
import type { ExpressionPart } from "@/api";

/** As the API reads it; and `text`, which a person writes in a block's place and which is read with the whole. */
export interface Part extends Omit<ExpressionPart, "type" | "parts"> {
  type: ExpressionPart["type"] | "text";
  parts: Part[];
}

export type Kind = Part["kind"];
/** Where a part stands: the places of its ancestors among their parts, the root's first. */
export type Path = readonly number[];

export const COMPARISONS = ["<", "<=", ">", ">=", "==", "!="] as const;
export const ARITHMETIC = ["+", "-", "*", "/"] as const;
export const JOINS = ["and", "or"] as const;
export type Join = (typeof JOINS)[number];

export function isOf(names: readonly string[], part: Part): boolean {
  return part.type === "operation" && names.includes(part.name);
}

// How tightly each operator binds, as the language's grammar has it; held to it by cases that both sides are tested with.
const BINDS: Record<string, number> = { or: 1, and: 2, not: 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "==": 4, "!=": 4, "+": 5, "-": 5, "*": 6, "/": 6, neg: 7 };
const ATOM = 8;

interface Span {
  path: Path;
  from: number;
  to: number;
}

interface Written {
  text: string;
  spans: Span[];
}

/** Write a tree: its text, and where each part stands in it. */
export function written(root: Part): Written {
  const spans: Span[] = [];
  let text = "";

  function list(parts: readonly Part[], path: Path, before: readonly string[] = []) {
    before.forEach((name) => (text += `"${name}", `));
    parts.forEach((part, at) => {
      if (at > 0) text += ", ";
      put(part, 0, [...path, at]);
    });
    text += ")";
  }

  function put(part: Part, atLeast: number, path: Path) {
    const binds = bindsOf(part);
    const from = text.length;
    if (binds < atLeast) text += "(";
    if (part.type === "operation") {
      const [first, second] = part.parts;
      if (second === undefined) {
        text += part.name === "neg" ? "-" : `${part.name} `;
        if (first !== undefined) put(first, binds, [...path, 0]);
      } else if (first !== undefined) {
        // Comparisons cannot be chained, so both sides are wrapped; else what stands left binds first.
        put(first, isOf(COMPARISONS, part) ? binds + 1 : binds, [...path, 0]);
        text += ` ${part.name} `;
        put(second, binds + 1, [...path, 1]);
      }
    } else if (part.type === "at") {
      text += "at(";
      list(part.parts, path, [part.instrument, part.interval].filter((name) => name != null));
    } else if (part.type === "call" && part.parts.length > 0) {
      text += `${part.name}(`;
      list(part.parts, path);
    } else {
      text += part.name;
    }
    if (binds < atLeast) text += ")";
    spans.push({ path, from, to: text.length });
  }

  put(root, 0, []);
  return { text, spans };
}

/** Find the innermost part at a column, counted from 1 as the API counts. */
export function pathAt({ spans }: Written, column: number): Path {
  const around = spans.filter(({ from, to }) => from < column && column <= to + 1);
  return around.reduce<Span | null>((best, span) => (best === null || span.to - span.from < best.to - best.from ? span : best), null)?.path ?? [];
}

export function samePath(one: Path | null, other: Path): boolean {
  return one !== null && one.length === other.length && one.every((step, at) => step === other[at]);
}

export function replaced(root: Part, path: Path, part: Part): Part {
  const [step, ...rest] = path;
  if (step === undefined) return part;
  return { ...root, parts: root.parts.map((each, at) => (at === step ? replaced(each, rest, part) : each)) };
}

export function holdsText(part: Part): boolean {
  return part.type === "text" || part.parts.some(holdsText);
}

/** The conditions that a chain of `and` or of `or` joins, in their order, with where each stands. */
export function itemsOf(part: Part, join: Join, path: Path = []): { part: Part; path: Path }[] {
  const [left, right] = part.parts;
  if (!isOf([join], part) || left === undefined || right === undefined) return [{ part, path }];
  // Only what stands left belongs to the chain: on the right it was put in brackets.
  return [...itemsOf(left, join, [...path, 0]), { part: right, path: [...path, 1] }];
}

/** Join conditions to a chain. */
export function chained(join: Join, items: readonly Part[]): Part {
  return items.reduce((left, right) => operation(join, left, right));
}

export function operation(name: string, ...parts: Part[]): Part {
  const isNumber = name === "neg" || (ARITHMETIC as readonly string[]).includes(name);
  return { type: "operation", name, kind: isNumber ? "number" : "boolean", parts };
}

export function leaf(type: "number" | "series" | "name" | "text", name: string, kind: Kind = "number"): Part {
  return { type, name, kind, parts: [] };
}

function bindsOf(part: Part): number {
  if (part.type === "operation") return BINDS[part.name] ?? ATOM;
  // Who writes text may write anything: brackets keep it together, except around what plainly is one thing.
  return part.type === "text" && !/^[\w.:"]*$/.test(part.name) ? 0 : ATOM;
}
