/** A corner of a pattern: the beginning of its bar, and a price as a decimal string. */
export interface Corner {
  at: string;
  price: string;
}

/** A pattern that was found in the bars; the API's patterns fit. It was known at the close of the bar that begins at `at`. */
export interface Pattern {
  name: string;
  points_to: "up" | "down" | "";
  at: string;
  close: string;
  /** 0 to 1: how clear its drawing is. */
  confidence: number;
  target: string;
  stop: string;
  points: Corner[];
  /** What the close broke through: two points of a straight line. */
  line: Corner[];
}

/** Several may be known at one bar, each by another name. */
export function keyOf(pattern: Pattern): string {
  return `${pattern.name} ${pattern.at}`;
}

/** Its corners, and the close at which it was known. */
export function pathOf({ points, at, close }: Pattern): Corner[] {
  const last = points.at(-1);
  return last !== undefined && Date.parse(last.at) < Date.parse(at) ? [...points, { at, price: close }] : points;
}
