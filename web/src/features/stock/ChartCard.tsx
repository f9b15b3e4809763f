import ShowChartRounded from "@mui/icons-material/ShowChartRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import ToggleButton from "@mui/material/ToggleButton";
import ToggleButtonGroup from "@mui/material/ToggleButtonGroup";
import Typography from "@mui/material/Typography";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Alert, Stock } from "@/api";
import { money } from "@/format/format";
import { dateTime, day, zoneName, zoneOf } from "@/format/time";
import type { Quote } from "@/live/quotes";
import { extremes, INTERVALS, type Bar, type Interval } from "@/ui/chart/bars";
import { PriceChart } from "@/ui/chart/PriceChart";
import { DataState } from "@/ui/DataState";
import { Panel } from "@/ui/Notices";
import { IndicatorMenu } from "./IndicatorMenu";
import { keep, kept, type Indicator } from "./indicators";
import { useBars } from "./useBars";
import { keepPatterns, patternsKept, usePatterns } from "./usePatterns";
import { useStudies } from "./useStudies";
import "@/i18n/market";

const BarTable = lazy(() => import("./BarTable"));
const PatternTable = lazy(() => import("./PatternTable"));

interface ChartBodyProps {
  stock: Stock;
  quote: Quote | undefined;
  alerts: Alert[];
  interval: Interval;
  view: "chart" | "data";
  indicators: readonly Indicator[];
  hasPatterns: boolean;
  isAdjusted: boolean;
  onInterval: (interval: Interval) => void;
}

const TOGGLE = { px: { xs: 1.25, sm: 1.75 }, textTransform: "none", "@media (pointer: coarse)": { minHeight: 44, minWidth: 44 } } as const;
const LIBRARY = "https://www.tradingview.com/";

/** The price history as a chart or as a table, at a chosen interval. */
export default function ChartCard({ stock, quote, alerts }: Pick<ChartBodyProps, "stock" | "quote" | "alerts">) {
  const { t } = useTranslation();
  const [interval, setInterval] = useState<Interval>("1d");
  const [view, setView] = useState<"chart" | "data">("chart");
  const [indicators, setIndicators] = useState(kept);
  const [hasPatterns, setHasPatterns] = useState(patternsKept);
  const [isAdjusted, setAdjusted] = useState(false);
  function choose(chosen: Indicator[]) {
    setIndicators(chosen);
    keep(chosen);
  }
  function switchPatterns() {
    setHasPatterns(!hasPatterns);
    keepPatterns(!hasPatterns);
  }
  return (
    <Card sx={{ p: { xs: 1.5, sm: 2 } }}>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, justifyContent: { xs: "space-between", md: "flex-start" }, mb: 1.5 }}>
        <Choice
          label={t("market.stock.interval")}
          value={interval}
          options={INTERVALS.map((each) => ({
            value: each,
            text: t(`market.stock.intervals.${each}`),
            spoken: t(`market.stock.intervalNames.${each}`),
          }))}
          onChange={setInterval}
        />
        <ToggleButton
          value="adjusted"
          size="small"
          color="primary"
          selected={isAdjusted}
          onChange={() => setAdjusted(!isAdjusted)}
          aria-label={t("market.stock.adjustedName")}
          sx={TOGGLE}
        >
          {t("market.stock.adjusted")}
        </ToggleButton>
        <IndicatorMenu chosen={indicators} onChange={choose} />
        <ToggleButton
          value="patterns"
          size="small"
          color="primary"
          selected={hasPatterns}
          onChange={switchPatterns}
          aria-label={t("patterns.showName")}
          sx={TOGGLE}
        >
          {t("patterns.show")}
        </ToggleButton>
        <Choice
          label={t("market.stock.view")}
          value={view}
          options={[
            { value: "chart", text: t("market.stock.viewChart") },
            { value: "data", text: t("market.stock.viewData") },
          ]}
          onChange={setView}
        />
      </Box>
      {/* Another interval is another history: its bars and its older pages start anew. */}
      <ChartBody
        key={`${interval} ${isAdjusted}`}
        stock={stock}
        quote={quote}
        alerts={alerts}
        interval={interval}
        view={view}
        indicators={indicators}
        hasPatterns={hasPatterns}
        isAdjusted={isAdjusted}
        onInterval={setInterval}
      />
    </Card>
  );
}

function ChartBody({ stock, quote, alerts, interval, view, indicators, hasPatterns, isAdjusted, onInterval }: ChartBodyProps) {
  const { t } = useTranslation();
  const { query, bars, forming, loadOlder } = useBars(stock.instrument, interval, quote, isAdjusted);
  const { studies, failed, retry } = useStudies(stock.instrument, interval, indicators, bars, isAdjusted);
  const { drawn, pick, ...patterns } = usePatterns(stock.instrument, interval, hasPatterns, bars, isAdjusted);
  const zone = zoneOf(stock.exchange);
  const alertLines = useMemo(
    () =>
      alerts.flatMap((alert) =>
        [alert.threshold_price, alert.rule?.value, alert.rule?.low, alert.rule?.high]
          .filter((price) => price != null)
          .map((price) => ({ id: `${alert.id} ${price}`, price, label: t("market.stock.alertLine") })),
      ),
    [alerts, t],
  );
  const summary = useSummary(stock, bars, interval);
  return (
    <>
      <DataState
        query={query}
        what={t("market.what.candles")}
        skeleton={<Skeleton variant="rounded" sx={{ height: { xs: 320, md: 440 } }} />}
        isEmpty={(page) => page.items.length === 0}
        empty={
          <Panel icon={<ShowChartRounded />} title={t("market.stock.noCandles")}>
            {t("market.stock.noCandlesText")}
          </Panel>
        }
      >
        {() =>
          view === "chart" ? (
            <PriceChart
              symbol={stock.symbol}
              bars={bars}
              forming={forming}
              interval={interval}
              currency={stock.currency}
              zone={zone}
              alertLines={alertLines}
              studies={studies}
              patterns={drawn}
              summary={summary}
              onNeedOlder={loadOlder}
              onInterval={onInterval}
            />
          ) : (
            <Suspense fallback={<Skeleton variant="rounded" sx={{ height: { xs: 320, md: 440 } }} />}>
              <BarTable symbol={stock.symbol} bars={bars} studies={studies} interval={interval} currency={stock.currency} zone={zone} />
            </Suspense>
          )
        }
      </DataState>
      {failed && <Failed text={t("indicators.failed")} again={t("indicators.again")} onRetry={() => void retry()} />}
      {patterns.failed && <Failed text={t("patterns.failed")} again={t("patterns.again")} onRetry={() => void patterns.retry()} />}
      {drawn !== null && bars.length > 0 && (
        <Suspense fallback={<Skeleton variant="rounded" height={120} sx={{ mt: 2 }} />}>
          <PatternTable symbol={stock.symbol} drawn={drawn} interval={interval} currency={stock.currency} zone={zone} onPick={pick} />
        </Suspense>
      )}
      <Notes quote={quote} bars={bars} zone={zone} isAdjusted={isAdjusted} />
    </>
  );
}

/** What is missing from the chart, and a way to ask again. */
function Failed({ text, again, onRetry }: { text: string; again: string; onRetry: () => void }) {
  return (
    <Typography variant="body2" role="alert" sx={{ mt: 1 }}>
      {text}{" "}
      <Button size="small" onClick={onRetry}>
        {again}
      </Button>
    </Typography>
  );
}

/** The chart in one sentence. */
function useSummary(stock: Stock, bars: Bar[], interval: Interval): string {
  const { t } = useTranslation();
  const range = extremes(bars);
  const [first] = bars;
  const last = bars.at(-1);
  if (range === null || first === undefined || last === undefined) return "";
  const zone = zoneOf(stock.exchange);
  const when = (bar: Bar) => (interval === "1d" ? day(bar.at, zone) : dateTime(bar.at, zone));
  return t("market.stock.chartSummary", {
    symbol: stock.symbol,
    interval: t(`market.stock.intervalNames.${interval}`),
    from: when(first),
    to: when(last),
    first: money(first.open, stock.currency),
    last: money(last.close, stock.currency),
    low: money(range.low, stock.currency),
    high: money(range.high, stock.currency),
  });
}

/** What must be known to read the chart rightly, and whose library draws it. */
function Notes({ quote, bars, zone, isAdjusted }: { quote: Quote | undefined; bars: Bar[]; zone: string; isAdjusted: boolean }) {
  const { t } = useTranslation();
  const parts = [
    t("market.stock.timesIn", { zone: zoneName(new Date(bars.at(-1)?.at ?? Date.now()), zone) }),
    quote?.recordedAt == null ? null : t("market.stock.recordedNote"),
    bars.some((bar) => bar.interpolated) ? t("market.stock.interpolatedNote") : null,
    t("market.stock.hollowNote"),
    isAdjusted ? t("market.stock.adjustedNote") : null,
  ];
  return (
    <Typography variant="caption" color="textSecondary" component="p" sx={{ mt: 1 }}>
      {parts.filter((part) => part !== null).join(" ")}{" "}
      <MuiLink href={LIBRARY} target="_blank" rel="noopener" color="inherit" underline="always">
        {t("market.stock.attribution")}
      </MuiLink>
    </Typography>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: { value: T; text: string; spoken?: string }[];
  onChange: (value: T) => void;
}

function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <ToggleButtonGroup exclusive size="small" color="primary" aria-label={label} value={value} onChange={(_, chosen: T | null) => chosen !== null && onChange(chosen)}>
      {options.map((option) => (
        <ToggleButton
          key={option.value}
          value={option.value}
          aria-label={option.spoken}
          sx={TOGGLE}
        >
          {option.text}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
