import type { Curve } from "./report";

const PLACES = 400;

/** Growth of one unit of money of several runs over the days that all of them have. */
export interface Growth {
  from: number;
  to: number;
  lines: number[][];
  /** Some run has days that the others have not: they are left out. */
  isCut: boolean;
}

/** Lay runs over one time: each grows from 1 at the first instant of all. Null where they have no time in common. */
export function growthOf(curves: Curve[]): Growth | null {
  const from = Math.max(...curves.map(({ at_ms }) => at_ms[0] ?? Infinity));
  const to = Math.min(...curves.map(({ at_ms }) => at_ms.at(-1) ?? -Infinity));
  if (!(from < to)) return null;
  const lines = curves.map((curve) => {
    const first = newestAt(curve, from);
    return Array.from({ length: PLACES }, (_, place) => newestAt(curve, from + ((to - from) * place) / (PLACES - 1)) / first);
  });
  const isCut = curves.some(({ at_ms }) => Math.abs((at_ms[0] ?? 0) - from) > WEEK_MS || Math.abs((at_ms.at(-1) ?? 0) - to) > WEEK_MS);
  return { from, to, lines, isCut };
}

const WEEK_MS = 7 * 86_400_000;

/** The newest equity at an instant. */
function newestAt({ at_ms, equity }: Curve, instant: number): number {
  let low = 0;
  let high = at_ms.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((at_ms[middle] ?? 0) <= instant) low = middle;
    else high = middle - 1;
  }
  return equity[low] ?? 0;
}
