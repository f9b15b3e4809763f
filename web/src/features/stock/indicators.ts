import type { Look } from "@/ui/chart/studies";

/** One line that an indicator draws: the expression that the API computes, and how it looks. */
interface Line {
  id: "sma20" | "sma50" | "ema20" | "upper" | "middle" | "lower" | "rsi" | "macd" | "signal" | "histogram";
  name: string;
  look: Look;
}

/** What can be shown with a chart. `own` is drawn under the prices, with a scale of its own. */
export const INDICATORS = {
  sma20: { own: false, lines: [{ id: "sma20", name: "sma(close, 20)", look: { colour: "first" } }] },
  sma50: { own: false, lines: [{ id: "sma50", name: "sma(close, 50)", look: { colour: "second" } }] },
  ema20: { own: false, lines: [{ id: "ema20", name: "ema(close, 20)", look: { colour: "third", dashed: true } }] },
  bands: {
    own: false,
    lines: [
      { id: "upper", name: "bb_upper(close, 20, 2)", look: { colour: "quiet" } },
      { id: "middle", name: "bb_middle(close, 20)", look: { colour: "quiet", dashed: true } },
      { id: "lower", name: "bb_lower(close, 20, 2)", look: { colour: "quiet" } },
    ],
  },
  rsi: { own: true, lines: [{ id: "rsi", name: "rsi(close, 14)", look: { colour: "first", levels: [30, 70] } }] },
  macd: {
    own: true,
    lines: [
      { id: "histogram", name: "macd_hist(close, 12, 26, 9)", look: { colour: "quiet", columns: true } },
      { id: "macd", name: "macd(close, 12, 26)", look: { colour: "first" } },
      { id: "signal", name: "macd_signal(close, 12, 26, 9)", look: { colour: "second", dashed: true } },
    ],
  },
} as const satisfies Record<string, { own: boolean; lines: readonly Line[] }>;

export type Indicator = keyof typeof INDICATORS;

export const ALL = Object.keys(INDICATORS) as Indicator[];

const KEPT = "sw.indicators";

/** What this device showed last. */
export function kept(): Indicator[] {
  const names = (localStorage.getItem(KEPT) ?? "").split(" ");
  return ALL.filter((each) => names.includes(each));
}

export function keep(chosen: readonly Indicator[]): void {
  localStorage.setItem(KEPT, chosen.join(" "));
}
