import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useListIndicatorsQuery } from "@/api";
import { usePollingInterval } from "@/live/hooks";
import type { Bar, Interval } from "@/ui/chart/bars";
import type { Study } from "@/ui/chart/studies";
import { INDICATORS, type Indicator } from "./indicators";
import { adjustedBy } from "./useBars";

/** The API computes so many bars at once; further back the chart shows bars alone. */
const MOST = 1_000;
const STEP = 200;

/** The chosen indicators at the bars that are loaded. */
export function useStudies(instrument: string, interval: Interval, chosen: readonly Indicator[], bars: readonly Bar[], adjusted: boolean) {
  const { t } = useTranslation();
  const names = chosen.flatMap((each) => INDICATORS[each].lines.map((line) => line.name));
  const isIdle = names.length === 0 || bars.length === 0;
  const limit = Math.min(MOST, Math.ceil(bars.length / STEP) * STEP);
  const query = useListIndicatorsQuery({ symbol: instrument, interval, names, limit, ...adjustedBy(adjusted) }, { skip: isIdle, pollingInterval: usePollingInterval() });
  const { data, refetch } = query;

  // A bar that has closed has its final value now.
  const newest = bars.at(-1)?.at;
  const known = data?.at.at(-1);
  const isBehind = newest !== undefined && known !== undefined && Date.parse(newest) > Date.parse(known);
  useEffect(() => {
    if (isBehind && !isIdle) void refetch();
  }, [isBehind, isIdle, newest, refetch]);

  const studies = useMemo(() => {
    if (data === undefined || isIdle) return [];
    const columns = new Map(data.indicators.map((column) => [column.name, column.values]));
    const times = data.at.map((at) => Date.parse(at));
    let pane = 0;
    return chosen.flatMap((each): Study[] => {
      const { own, lines } = INDICATORS[each];
      if (own) pane += 1;
      return lines.map(({ id, name, look }) => {
        const values = (columns.get(name) ?? []).flatMap((value, at) => (typeof value === "number" ? [[times[at] ?? 0, value] as const] : []));
        return { id, label: t(`indicators.lines.${id}`), pane: own ? pane : 0, look, values: new Map(values) };
      });
    });
  }, [chosen, data, isIdle, t]);

  return { studies, failed: query.isError && !isIdle, retry: refetch };
}
