import {
  createSeriesMarkers,
  LineSeries,
  LineStyle,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import type { Bar } from "./bars";
import { keyOf, pathOf, type Corner, type Pattern } from "./patterns";

interface Colours {
  up: string;
  down: string;
  quiet: string;
  chosen: string;
}

interface Words {
  name: (pattern: Pattern) => string;
  target: string;
  stop: string;
}

/**
 * What is drawn of patterns: a mark at the bar that completed each and its corners; of the chosen one (its `keyOf`) also
 * the line that was broken, target and stop. Names stand in the legend: beside its mark a canvas cuts a long one off.
 */
export interface DrawnPatterns {
  patterns: readonly Pattern[];
  chosen: string | null;
  /** Whether a person chose it: it is then brought into view. */
  picked: boolean;
  words: Words;
}

/** How many bars long target and stop are drawn; to the end where that is nearer. */
const AHEAD = 30;

/** Patterns on a chart of candles. Its corners are bars that the chart has. */
export class PatternLines {
  readonly #marks: ISeriesMarkersPluginApi<Time>;
  #series: ISeriesApi<"Line">[] = [];

  constructor(
    private readonly chart: IChartApi,
    candles: ISeriesApi<"Candlestick">,
    private readonly time: (at: string) => UTCTimestamp,
  ) {
    this.#marks = createSeriesMarkers(candles, [], { autoScale: false });
  }

  /** Draw these; those that were there before go. `bars` are the chart's, oldest first. */
  draw(drawn: DrawnPatterns | null, bars: readonly Bar[], colours: Colours): void {
    for (const series of this.#series) this.chart.removeSeries(series);
    this.#series = [];
    const marks: SeriesMarker<Time>[] = [];
    for (const pattern of drawn?.patterns ?? []) {
      const isChosen = keyOf(pattern) === drawn?.chosen;
      const color = isChosen ? colours.chosen : colours.quiet;
      this.#add(pathOf(pattern), { color, lineWidth: isChosen ? 2 : 1 });
      if (isChosen) this.#addLevels(pattern, bars, drawn.words, colours);
      const isDown = pattern.points_to === "down";
      const shape = pattern.points_to === "" ? "circle" : isDown ? "arrowDown" : "arrowUp";
      marks.push({ time: this.time(pattern.at), position: isDown ? "aboveBar" : "belowBar", shape, color });
    }
    this.#marks.setMarkers(marks);
  }

  #addLevels(pattern: Pattern, bars: readonly Bar[], words: Words, { up, down, chosen }: Colours): void {
    const begins = Date.parse(pattern.at);
    const ahead = bars.filter((bar) => Date.parse(bar.at) >= begins).slice(0, AHEAD);
    const level = (price: string) => ahead.map(({ at }) => ({ at, price }));
    const dashed = { lineWidth: 1, lineStyle: LineStyle.Dashed } as const;
    this.#add(pattern.line, { ...dashed, color: chosen });
    const isDown = pattern.points_to === "down";
    const labelled = { ...dashed, lastValueVisible: true };
    this.#add(level(pattern.target), { ...labelled, color: isDown ? down : up, title: words.target });
    this.#add(level(pattern.stop), { ...labelled, color: isDown ? up : down, title: words.stop });
  }

  #add(corners: readonly Corner[], look: { color: string; lineWidth: 1 | 2; lineStyle?: LineStyle; lastValueVisible?: boolean; title?: string }): void {
    const fixed = { lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false } as const;
    const series = this.chart.addSeries(LineSeries, { ...fixed, ...look });
    series.setData(corners.map(({ at, price }) => ({ time: this.time(at), value: Number(price) })));
    this.#series.push(series);
  }
}
