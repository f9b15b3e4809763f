import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useListPatternsQuery } from "@/api";
import type { Bar, Interval } from "@/ui/chart/bars";
import type { DrawnPatterns } from "@/ui/chart/PatternLines";
import { keyOf, type Pattern } from "@/ui/chart/patterns";
import { adjustedBy } from "./useBars";
import "@/i18n/patterns";

/** The API looks through so many bars at once; further back the chart shows bars alone. */
const MOST = 1_000;
const STEP = 200;
/** A pattern depends on bars before its first corner: so many more are looked through than are shown. */
const BEFORE = 300;

const KEPT = "sw.patterns";

/** Whether this device showed patterns last. */
export function patternsKept(): boolean {
  return localStorage.getItem(KEPT) === "on";
}

export function keepPatterns(isOn: boolean): void {
  localStorage.setItem(KEPT, isOn ? "on" : "off");
}

/** The patterns whose corners all lie in the bars that are loaded, newest last, as the chart draws them. */
export function usePatterns(instrument: string, interval: Interval, isOn: boolean, bars: readonly Bar[], adjusted: boolean) {
  const { t } = useTranslation();
  const [picked, pick] = useState<string | null>(null);
  const newest = bars.findLast((bar) => bar.complete)?.at;
  const limit = Math.min(MOST, Math.ceil(bars.length / STEP) * STEP + BEFORE);
  const isIdle = !isOn || newest === undefined;
  const query = useListPatternsQuery({ symbol: instrument, interval, limit, to: justAfter(newest), ...adjustedBy(adjusted) }, { skip: isIdle });
  const { data, isError, refetch } = query;

  const drawn = useMemo((): DrawnPatterns | null => {
    if (isIdle || data === undefined) return null;
    const known = new Set(bars.map((bar) => Date.parse(bar.at)));
    const patterns = data.patterns.filter((pattern) => [pattern, ...pattern.points, ...pattern.line].every(({ at }) => known.has(Date.parse(at))));
    const isPicked = patterns.some((each) => keyOf(each) === picked);
    const last = patterns.at(-1);
    return {
      patterns,
      chosen: isPicked ? picked : last === undefined ? null : keyOf(last),
      picked: isPicked,
      words: { name: ({ name }: Pattern) => t(`patterns.names.${name as "double_top"}`), target: t("patterns.target"), stop: t("patterns.stop") },
    };
  }, [bars, data, isIdle, picked, t]);

  return { drawn, pick, failed: isError && !isIdle, retry: refetch };
}

/** With the newest bar that is over as the end, a bar that closes later is another question. */
function justAfter(at: string | undefined): string | undefined {
  return at === undefined ? undefined : new Date(Date.parse(at) + 1).toISOString();
}
