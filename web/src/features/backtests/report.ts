/** What a backtest's report holds (docs/api.md). Amounts are numbers here: they are drawn and rounded, never traded. */

export interface Figure {
  name: string;
  label: string;
  unit: string;
  group: string;
  value: number | null;
  why_not: string | null;
  of: string | null;
  formula: string;
  source: string;
}

export interface Curve {
  at_ms: number[];
  equity: number[];
  drawdown: number[];
  benchmark: (number | null)[] | null;
}

export interface Trade {
  symbol: string;
  side: string;
  units: number;
  entry_at: string;
  entry_ms: number;
  entry_price: number;
  exit_at: string;
  exit_ms: number;
  exit_price: number;
  reason: string;
  costs: number;
  /** Reports of before they were told lack them. */
  dividends?: number;
  pnl: number;
  bars: number;
  mae: number | null;
  mfe: number | null;
}

/** Trades summed up. `average`: mean of profit / stake. */
export interface Part {
  name: string;
  trades: number;
  won: number;
  profit: number;
  costs: number;
  average: number | null;
}

export interface Month {
  year: number;
  months: (number | null)[];
  total: number | null;
}

export interface Warning {
  code: string;
  words: string;
}

interface Common {
  strategy: { name: string; number: number; version_id: string };
  words: string;
  currency: string;
  warnings: Warning[];
  code_version: string;
  data_hash: string;
  parameters: Record<string, unknown>;
}

export interface RunReport extends Common {
  kind: "run";
  figures: Figure[];
  curve: Curve;
  months: Month[];
  trades: Trade[];
  trade_count: number;
  /** Reports from before that was told have none. */
  by_instrument?: Part[];
  by_reason?: Part[];
  refused: { reason: string; count: number }[];
  costs: { total: number; items: { name: string; amount: number }[] };
  prices: Record<string, { at_ms: number[]; close: (number | null)[] }>;
  monte_carlo: Spread | null;
  bootstrap: { p_value: number | null; why_not: string | null } | null;
  look_ahead: { clean: boolean; checked: number; words: string } | null;
}

/** By share of the runs: deepest drawdown of the same trades in other orders, and the end of as many drawn anew. */
export interface Spread {
  orders: number;
  shares: number[];
  equity: number[];
  /** The share of the draws that lost money. */
  loss?: number;
  drawdown: number[];
  /** The share of the orders that fell deeper than the real one. */
  deeper: number;
}

export interface Point {
  values: Record<string, number | string>;
  figures: Record<string, number | null>;
}

export interface SweepReport extends Common {
  kind: "sweep";
  axes: { name: string; values: number[] }[];
  objective: string;
  points: Point[];
  best: number | null;
  deflated_sharpe: { value: number | null; why_not: string | null } | null;
  overfit_probability?: number | null;
}

export interface WalkForwardReport extends Common {
  kind: "walk_forward";
  objective: string;
  folds: Point[];
  /** What of their score the choices kept out of sample, and the share of stretches with a gain. */
  efficiency?: number | null;
  held?: number | null;
  curve: Curve | null;
  figures: Figure[];
}

export type Report = RunReport | SweepReport | WalkForwardReport;

/** The figures that stand first, in this order. */
export const FIRST = ["total_return", "cagr", "sharpe", "max_drawdown", "win_rate", "profit_factor"] as const;
