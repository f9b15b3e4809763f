import {
  CandlestickSeries,
  createChart,
  CrosshairMode,
  HistogramSeries,
  LineSeries,
  LineStyle,
  type CandlestickData,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type UTCTimestamp,
} from "lightweight-charts";
import { price as priceText } from "@/format/format";
import { axisTime, type Bar, type Interval } from "./bars";
import { PatternLines, type DrawnPatterns } from "./PatternLines";
import type { Study } from "./studies";

export interface AlertLine {
  id: string;
  /** Decimal string. */
  price: string;
  label: string;
}

interface ChartCanvasOptions {
  zone: string;
  currency: string;
  interval: Interval;
  onPoint: (bar: Bar | null) => void;
  onNeedOlder: () => void;
}

/** Ask for older bars when fewer than this many are left beyond the left edge. */
const OLDER_MARGIN_BARS = 20;
const SHOWN_BARS = { narrow: 60, wide: 120 } as const;
const NARROW_PX = 600;
/** How much taller the prices are than a pane under them. */
const PRICE_PANE = 3.5;
const PALE = "80";
const FAINT = "38";

interface Colours {
  up: string;
  down: string;
  text: string;
  grid: string;
  border: string;
  line: string;
  study: Record<Study["look"]["colour"], string>;
}

function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    up: read("--up"),
    down: read("--down"),
    text: read("--sw-palette-text-secondary"),
    grid: read("--grid"),
    border: read("--sw-palette-divider"),
    line: read("--sw-palette-primary-main"),
    study: { first: read("--study-first"), second: read("--study-second"), third: read("--study-third"), quiet: read("--study-quiet") },
  };
}

/** The chart library behind our words. Prices turn into floats here and only here: a canvas draws pixels. */
export class ChartCanvas {
  readonly #chart: IChartApi;
  readonly #candles: ISeriesApi<"Candlestick">;
  readonly #volume: ISeriesApi<"Histogram">;
  #colours = readColours();
  #bars: Bar[] = [];
  #forming: Bar | null = null;
  #lines: IPriceLine[] = [];
  #studies = new Map<string, ISeriesApi<"Line"> | ISeriesApi<"Histogram">>();
  #patterns: PatternLines | null = null;
  #last: IPriceLine | null = null;
  #asked = 0;
  /** Where the arrow keys are; null until they are used. */
  #cursor: number | null = null;

  constructor(
    element: HTMLElement,
    private readonly options: ChartCanvasOptions,
  ) {
    const isDaily = options.interval === "1d";
    this.#chart = createChart(element, {
      autoSize: true,
      // The attribution that the licence asks for stands under the chart, as text with a link.
      layout: { attributionLogo: false, background: { color: "transparent" }, fontFamily: '"Inter Variable", sans-serif' },
      crosshair: { mode: CrosshairMode.Normal },
      localization: { priceFormatter: (value: number) => priceText(value.toFixed(2), options.currency) },
      timeScale: { timeVisible: !isDaily, secondsVisible: false, rightOffset: 4 },
      handleScroll: { vertTouchDrag: false },
    });
    this.#candles = this.#chart.addSeries(CandlestickSeries, {
      // A hollow bar has no colour to lend to its label, so the last price is a line of ours.
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.#candles.priceScale().applyOptions({ scaleMargins: { top: 0.12, bottom: 0.22 } });
    this.#volume = this.#chart.addSeries(HistogramSeries, {
      priceScaleId: "volume",
      priceFormat: { type: "volume" },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.#volume.priceScale().applyOptions({ scaleMargins: { top: 0.85, bottom: 0 } });
    this.setColours();

    this.#chart.subscribeCrosshairMove(({ time }) => {
      options.onPoint(time === undefined ? null : this.#at(Number(time)));
    });
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range === null || range.from > OLDER_MARGIN_BARS || this.#bars.length <= this.#asked) return;
      // Once per length: the next ask waits until more bars have come.
      this.#asked = this.#bars.length;
      options.onNeedOlder();
    });
  }

  setColours(): void {
    const colours = readColours();
    this.#colours = colours;
    this.#chart.applyOptions({
      layout: { textColor: colours.text, panes: { separatorColor: colours.border, enableResize: false } },
      grid: { vertLines: { color: colours.grid }, horzLines: { color: colours.grid } },
      rightPriceScale: { borderColor: colours.border },
      timeScale: { borderColor: colours.border },
    });
    this.#candles.applyOptions({
      upColor: colours.up,
      downColor: colours.down,
      borderUpColor: colours.up,
      borderDownColor: colours.down,
      wickUpColor: colours.up,
      wickDownColor: colours.down,
    });
  }

  /** Show these bars, oldest first. Older ones that join on the left do not move what is in view. */
  setBars(bars: Bar[]): void {
    const timeScale = this.#chart.timeScale();
    const range = timeScale.getVisibleLogicalRange();
    const first = this.#bars[0]?.at;
    const joined = first === undefined ? 0 : Math.max(0, bars.findIndex((bar) => bar.at === first));
    const isFirst = this.#bars.length === 0;
    // At the right edge the view follows the newest bar; elsewhere it stays on the bars that it shows.
    const follows = range === null || range.to >= this.#bars.length - 1;
    this.#bars = bars;
    this.#candles.setData(bars.map((bar) => this.#candle(bar)));
    this.#volume.setData(bars.filter((bar) => bar.volume !== null).map((bar) => this.#volumeOf(bar)));
    if (isFirst) {
      const shown = this.#chart.paneSize().width < NARROW_PX ? SHOWN_BARS.narrow : SHOWN_BARS.wide;
      timeScale.setVisibleLogicalRange({ from: bars.length - shown, to: bars.length + 4 });
    } else if (range !== null && (joined > 0 || !follows)) {
      timeScale.setVisibleLogicalRange({ from: range.from + joined, to: range.to + joined });
    }
  }

  setForming(bar: Bar): void {
    const last = this.#bars.at(-1);
    // The library refuses a bar before its last one.
    if (last !== undefined && Date.parse(bar.at) < Date.parse(last.at)) return;
    this.#forming = bar;
    this.#candles.update(this.#candle(bar));
    const close = Number(bar.close);
    const look = { price: close, color: close >= Number(bar.open) ? this.#colours.up : this.#colours.down };
    if (this.#last === null) {
      const fixed = { lineStyle: LineStyle.Dotted, lineWidth: 1, axisLabelVisible: true, title: "" } as const;
      this.#last = this.#candles.createPriceLine({ ...fixed, ...look });
    } else this.#last.applyOptions(look);
  }

  setAlertLines(lines: AlertLine[]): void {
    for (const line of this.#lines) this.#candles.removePriceLine(line);
    this.#lines = lines.map((line) =>
      this.#candles.createPriceLine({
        price: Number(line.price),
        color: this.#colours.line,
        lineStyle: LineStyle.Dashed,
        lineWidth: 1,
        axisLabelVisible: true,
        title: line.label,
      }),
    );
  }

  /** Draw these with the bars; those that were there before go. */
  setStudies(studies: readonly Study[]): void {
    const layout = studies.map(({ id, pane }) => `${id}@${pane}`).join();
    if (layout !== [...this.#studies.keys()].join()) {
      for (const series of this.#studies.values()) this.#chart.removeSeries(series);
      this.#studies = new Map(studies.map((study) => [`${study.id}@${study.pane}`, this.#added(study)]));
      const under = this.#chart.panes().slice(1);
      this.#chart.panes()[0]?.setStretchFactor(PRICE_PANE);
      for (const pane of under) pane.setStretchFactor(1);
    }
    for (const study of studies) {
      const series = this.#studies.get(`${study.id}@${study.pane}`);
      series?.applyOptions({ color: this.#colours.study[study.look.colour] });
      series?.setData(
        this.#bars.map((bar) => {
          const value = study.values.get(Date.parse(bar.at));
          return value === undefined ? { time: this.#time(bar) } : { time: this.#time(bar), value };
        }),
      );
    }
  }

  /** Draw these patterns; null draws none. */
  setPatterns(drawn: DrawnPatterns | null): void {
    if (drawn === null && this.#patterns === null) return;
    this.#patterns ??= new PatternLines(this.#chart, this.#candles, (at) => this.#time({ at }));
    const { up, down, line, study } = this.#colours;
    this.#patterns.draw(drawn, this.#bars, { up, down, quiet: study.quiet, chosen: line });
  }

  /** Bring the bar that begins then into view, where it is not. */
  show(at: number): void {
    const place = this.#bars.findIndex((bar) => Date.parse(bar.at) === at);
    const timeScale = this.#chart.timeScale();
    const range = timeScale.getVisibleLogicalRange();
    if (place < 0 || range === null || (place >= range.from && place <= range.to)) return;
    const half = (range.to - range.from) / 2;
    timeScale.setVisibleLogicalRange({ from: place - half, to: place + half });
  }

  #added({ look, pane }: Study): ISeriesApi<"Line"> | ISeriesApi<"Histogram"> {
    const fixed = { lastValueVisible: pane > 0, priceLineVisible: false, crosshairMarkerVisible: false };
    if (look.columns === true) return this.#chart.addSeries(HistogramSeries, { lastValueVisible: false, priceLineVisible: false }, pane);
    const lineStyle = look.dashed === true ? LineStyle.Dashed : LineStyle.Solid;
    const series = this.#chart.addSeries(LineSeries, { ...fixed, lineWidth: look.colour === "quiet" ? 1 : 2, lineStyle }, pane);
    for (const price of look.levels ?? []) {
      series.createPriceLine({ price, color: this.#colours.border, lineStyle: LineStyle.Dotted, lineWidth: 1, axisLabelVisible: true, title: "" });
    }
    return series;
  }

  /** Move the crosshair by so many bars; gives the bar that it is on. */
  step(bars: number): Bar | null {
    const all = this.#all();
    if (all.length === 0) return null;
    const from = this.#cursor ?? all.length - (bars < 0 ? 0 : 1);
    this.#cursor = Math.min(all.length - 1, Math.max(0, from + bars));
    const bar = all[this.#cursor];
    if (bar === undefined) return null;
    this.#chart.setCrosshairPosition(Number(bar.close), this.#time(bar), this.#candles);
    const range = this.#chart.timeScale().getVisibleLogicalRange();
    if (range !== null && (this.#cursor < range.from || this.#cursor > range.to)) {
      const shift = this.#cursor < range.from ? this.#cursor - range.from : this.#cursor - range.to;
      this.#chart.timeScale().setVisibleLogicalRange({ from: range.from + shift, to: range.to + shift });
    }
    this.options.onPoint(bar);
    return bar;
  }

  zoom(factor: number): void {
    const timeScale = this.#chart.timeScale();
    timeScale.applyOptions({ barSpacing: timeScale.options().barSpacing * factor });
  }

  remove(): void {
    this.#chart.remove();
  }

  #all(): Bar[] {
    const { at } = this.#forming ?? {};
    return this.#forming === null ? this.#bars : [...this.#bars.filter((bar) => bar.at !== at), this.#forming];
  }

  #at(time: number): Bar | null {
    return this.#all().find((bar) => this.#time(bar) === time) ?? null;
  }

  #time(bar: Pick<Bar, "at">): UTCTimestamp {
    return axisTime(bar.at, this.options.zone, this.options.interval) as UTCTimestamp;
  }

  /** Interpolated bars are pale, a bar under construction is hollow. */
  #candle(bar: Bar): CandlestickData<UTCTimestamp> {
    const open = Number(bar.open);
    const close = Number(bar.close);
    const colour = (close >= open ? this.#colours.up : this.#colours.down) + (bar.interpolated ? PALE : "");
    return {
      time: this.#time(bar),
      open,
      high: Number(bar.high),
      low: Number(bar.low),
      close,
      color: bar.complete ? colour : "transparent",
      borderColor: colour,
      wickColor: colour,
    };
  }

  #volumeOf(bar: Bar) {
    const isUp = Number(bar.close) >= Number(bar.open);
    return { time: this.#time(bar), value: bar.volume ?? 0, color: (isUp ? this.#colours.up : this.#colours.down) + FAINT };
  }
}
