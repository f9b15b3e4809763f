import Box from "@mui/material/Box";
import { useColorScheme } from "@mui/material/styles";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { price as priceText } from "@/format/format";
import { dateTime, day } from "@/format/time";
import { usePreferences } from "@/preferences/hooks";
import { ChartCanvas, type AlertLine } from "./ChartCanvas";
import { INTERVALS, type Bar, type Interval } from "./bars";
import type { DrawnPatterns } from "./PatternLines";
import { keyOf } from "./patterns";
import { figure, type Study } from "./studies";
import "@/i18n/market";

interface PriceChartProps {
  symbol: string;
  bars: Bar[];
  /** The bar under construction, when it is ahead of `bars`. */
  forming: Bar | null;
  interval: Interval;
  currency: string;
  zone: string;
  alertLines: AlertLine[];
  /** What is drawn with the bars. */
  studies: readonly Study[];
  /** What was found in the bars. */
  patterns?: DrawnPatterns | null;
  summary: string;
  onNeedOlder: () => void;
  onInterval: (interval: Interval) => void;
}

const HEIGHT = { xs: 320, md: 440 } as const;
/** What each pane under the prices adds. */
const PANE_HEIGHT = 110;

/**
 * Candles on a canvas, with what a canvas cannot give: a summary in words, the bar under the crosshair in text, and the
 * arrow keys to go from bar to bar.
 */
export function PriceChart(props: PriceChartProps) {
  const { t } = useTranslation();
  const id = useId();
  const { symbol, bars, forming, interval, currency, zone, alertLines, studies, patterns = null, summary, onNeedOlder, onInterval } = props;
  const { colorScheme } = useColorScheme();
  const { palette } = usePreferences();
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<ChartCanvas | null>(null);
  const [pointed, setPointed] = useState<Bar | null>(null);
  const [spoken, setSpoken] = useState("");

  const needOlder = useRef(onNeedOlder);
  needOlder.current = onNeedOlder;

  useEffect(() => {
    if (frame.current === null) return;
    const chart = new ChartCanvas(frame.current, { zone, currency, interval, onPoint: setPointed, onNeedOlder: () => needOlder.current() });
    canvas.current = chart;
    setPointed(null);
    return () => {
      canvas.current = null;
      chart.remove();
    };
  }, [zone, currency, interval]);

  useEffect(() => canvas.current?.setColours(), [colorScheme, palette, zone, currency, interval]);
  useEffect(() => canvas.current?.setBars(bars), [bars, zone, currency, interval, colorScheme, palette]);
  useEffect(() => {
    if (forming !== null) canvas.current?.setForming(forming);
  }, [forming, bars, zone, currency, interval, colorScheme, palette]);
  useEffect(() => canvas.current?.setAlertLines(alertLines), [alertLines, zone, currency, interval, colorScheme, palette]);

  useEffect(() => canvas.current?.setStudies(studies), [studies, bars, zone, currency, interval, colorScheme, palette]);

  useEffect(() => canvas.current?.setPatterns(patterns), [patterns, bars, zone, currency, interval, colorScheme, palette]);
  const chosen = patterns?.patterns.find((each) => keyOf(each) === patterns.chosen);
  const picked = patterns?.picked === true ? chosen?.at : undefined;
  useEffect(() => {
    if (picked !== undefined) canvas.current?.show(Date.parse(picked));
  }, [picked]);

  function toldAt(bar: Bar): string[] {
    return (patterns?.patterns ?? []).filter((each) => Date.parse(each.at) === Date.parse(bar.at)).map((each) => patterns?.words.name(each) ?? "");
  }

  function tell(bar: Bar | null) {
    if (bar === null) return;
    const figure = (value: string) => priceText(value, currency);
    const spoken = [
      t("market.stock.bar", {
        time: interval === "1d" ? day(bar.at, zone) : dateTime(bar.at, zone),
        open: figure(bar.open),
        high: figure(bar.high),
        low: figure(bar.low),
        close: figure(bar.close),
      }),
      ...toldAt(bar),
    ];
    setSpoken(spoken.join(". "));
  }

  function onKeyDown(event: KeyboardEvent) {
    const chart = canvas.current;
    if (chart === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const position = INTERVALS.indexOf(interval);
    const other = event.key === "[" ? INTERVALS[position - 1] : event.key === "]" ? INTERVALS[position + 1] : undefined;
    if (other !== undefined) onInterval(other);
    else if (event.key === "ArrowLeft") tell(chart.step(-1));
    else if (event.key === "ArrowRight") tell(chart.step(1));
    else if (event.key === "+" || event.key === "=") chart.zoom(1.25);
    else if (event.key === "-") chart.zoom(0.8);
    else return;
    event.preventDefault();
  }

  const panes = Math.max(0, ...studies.map((study) => study.pane));
  const shown = pointed ?? forming ?? bars.at(-1) ?? null;
  const chosenName = chosen === undefined ? [] : [patterns?.words.name(chosen) ?? ""];
  return (
    <Box
      role="group"
      aria-label={`${t("market.stock.chart")} ${symbol}`}
      aria-describedby={`${id}-summary ${id}-help`}
      tabIndex={0}
      onKeyDown={onKeyDown}
      sx={{ position: "relative", borderRadius: 2 }}
    >
      {shown !== null && <Legend bar={shown} studies={studies} told={pointed === null ? chosenName : toldAt(pointed)} currency={currency} />}
      <Box ref={frame} sx={{ height: { xs: HEIGHT.xs + panes * PANE_HEIGHT, md: HEIGHT.md + panes * PANE_HEIGHT } }} />
      <p id={`${id}-summary`} className="visually-hidden">
        {summary}
      </p>
      <p id={`${id}-help`} className="visually-hidden">
        {t("market.stock.chartHelp")}
      </p>
      <span className="visually-hidden" aria-live="polite">
        {spoken}
      </span>
    </Box>
  );
}

/** Open, high, low and close of the bar under the crosshair, or of the last. */
function Legend({ bar, studies, told, currency }: { bar: Bar; studies: readonly Study[]; told: readonly string[]; currency: string }) {
  const { t } = useTranslation();
  const rows = [
    ["open", bar.open],
    ["high", bar.high],
    ["low", bar.low],
    ["close", bar.close],
  ] as const;
  return (
    <Box
      aria-hidden
      className="figures"
      sx={{ position: "absolute", zIndex: 3, top: 4, left: 8, right: 72, display: "flex", flexWrap: "wrap", columnGap: 1.5, fontSize: "0.75rem", pointerEvents: "none" }}
    >
      {rows.map(([name, value]) => (
        <span key={name}>
          <Box component="span" sx={{ color: "text.secondary", mr: 0.5 }}>
            {t(`market.stock.columns.${name}`)}
          </Box>
          {priceText(value, currency)}
        </span>
      ))}
      {studies.map((study) => {
        const value = study.values.get(Date.parse(bar.at));
        return value === undefined ? null : (
          // A phone has no room for them over the bars; its table has them.
          <Box component="span" key={study.id} sx={{ display: { xs: "none", sm: "inline" } }}>
            <Box component="span" sx={{ color: `var(--study-${study.look.colour})`, mr: 0.5 }}>
              {study.label}
            </Box>
            {priceText(figure(value), currency)}
          </Box>
        );
      })}
      {told.map((name) => (
        <Box component="span" key={name} sx={{ color: "primary.main" }}>
          {name}
        </Box>
      ))}
      {bar.interpolated && (
        <Box component="span" sx={{ color: "text.secondary" }}>
          {t("market.stock.interpolated")}
        </Box>
      )}
    </Box>
  );
}
