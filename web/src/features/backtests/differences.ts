import type { TFunction } from "i18next";
import { amount } from "./amounts";
import type { RunReport } from "./report";

type Parameters = Record<string, unknown>;

/** Of each setting of a run, how it is said. What is said alike of all runs tells none of them apart. */
const SAYINGS: ((parameters: Parameters, t: TFunction) => string)[] = [
  (run) => ((run.instruments as string[]).length > 3 ? `${(run.instruments as string[]).slice(0, 3).join(", ")} …` : (run.instruments as string[]).join(", ")),
  (run) => `${String(run.first)} – ${String(run.last)}`,
  (run) => amount(Number(run.cash), String(run.currency)),
  (run, t) => t("backtests.differs.fill", { at: t(`backtests.choices.${run.fill as "next_open"}`) }),
  (run, t) => slippageOf(run.slippage as { kind: "bps"; value: string }, t),
  (run, t) => (run.broker === null ? t("backtests.form.noBroker") : t("backtests.differs.broker", { name: t(`backtests.brokers.${run.broker as "zerodha"}`) })),
  (run, t) => t(`backtests.choices.${run.segment as "delivery"}`),
  (run, t) => t("backtests.differs.lot", { count: run.lot as number }),
  (run, t) => (run.tick == null ? t("backtests.differs.ticks") : t("backtests.differs.tick", { tick: String(run.tick) })),
  (run, t) => t(run.allow_partial === true ? "backtests.differs.partial" : "backtests.differs.whole"),
  (run, t) => (run.benchmark === null ? t("backtests.differs.alone") : t("backtests.differs.benchmark", { name: String(run.benchmark) })),
];

function slippageOf({ kind, value }: { kind: "bps"; value: string }, t: TFunction): string {
  return t("backtests.differs.slippage", { value, unit: t(`backtests.choices.${kind}`) });
}

/** Of each run, in what it differs from the others; of runs that differ in nothing, its place. */
export function differences(reports: RunReport[], t: TFunction): string[] {
  const told = SAYINGS.map((say) => reports.map(({ parameters }) => say(parameters, t))).filter((row) => new Set(row).size > 1);
  const texts = reports.map((_, place) => told.map((row) => row[place]).join(" · "));
  const names = reports.map(({ strategy }, place) => `${strategy.name} ${strategy.number} ${texts[place]}`);
  return texts.map((text, place) => {
    const isAlone = names.filter((name) => name === names[place]).length === 1;
    const number = t("backtests.differs.place", { place: place + 1 });
    return isAlone ? text : [text, number].filter((part) => part !== "").join(" · ");
  });
}
