/** How a study is drawn. `levels` are dotted lines across it, `columns` stand on zero instead of a line. */
export interface Look {
  colour: "first" | "second" | "third" | "quiet";
  dashed?: boolean;
  columns?: boolean;
  levels?: readonly number[];
}

/** A row of numbers that is drawn with the bars. */
export interface Study {
  id: string;
  label: string;
  /** 0 is drawn over the prices, 1 and further under them. */
  pane: number;
  look: Look;
  /** The values by the beginning of their bar, in milliseconds; what is not known yet is left out. */
  values: ReadonlyMap<number, number>;
}

/** A computed number as a decimal string of two places: more of them say nothing about a price. */
export function figure(value: number): string {
  return String(Math.round(value * 100) / 100);
}
