import Alert from "@mui/material/Alert";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { part } from "./amounts";
import { Chance } from "./Chance";
import { Costs } from "./Costs";
import { Curves } from "./Curves";
import { Figures, Headline } from "./Figures";
import { Months } from "./Months";
import type { Report, RunReport, WalkForwardReport } from "./report";
import { Parts } from "./Parts";
import { Points, Sweep } from "./Sweep";
import { Trades } from "./Trades";

/** What a backtest found, by its kind. */
export function ReportView({ report, hash }: { report: Report; hash: string }) {
  const { t } = useTranslation();
  return (
    <>
      <Alert severity="info">{t("backtests.disclosure")}</Alert>
      {report.warnings.map((warning) => (
        <Alert key={warning.code} severity="warning">{warning.words}</Alert>
      ))}
      {report.kind === "run" && <Run report={report} />}
      {report.kind === "sweep" && <Sweep report={report} />}
      {report.kind === "walk_forward" && <WalkForward report={report} />}
      <Typography variant="caption" color="textSecondary" sx={{ overflowWrap: "anywhere" }}>
        {t("backtests.provenance", { code: report.code_version.slice(0, 12), data: report.data_hash.slice(0, 12), result: hash.slice(0, 12) })}
      </Typography>
    </>
  );
}

function Run({ report }: { report: RunReport }) {
  const { t } = useTranslation();
  return (
    <>
      <Headline figures={report.figures} currency={report.currency} />
      <Curves curve={report.curve} currency={report.currency} benchmark={report.parameters.benchmark as string | null} />
      <Months months={report.months} />
      <Trades report={report} />
      <Parts title={t("backtests.parts.instruments")} parts={report.by_instrument} currency={report.currency} nameOf={(name) => name} />
      <Parts title={t("backtests.parts.reasons")} parts={report.by_reason} currency={report.currency} nameOf={(name) => t(`backtests.reasons.${name as "rule"}`)} />
      <Figures figures={report.figures} currency={report.currency} />
      <Chance report={report} />
      <Costs report={report} />
    </>
  );
}

function WalkForward({ report }: { report: WalkForwardReport }) {
  const { t } = useTranslation();
  const kept = report.efficiency == null || report.held == null ? "" : ` ${t("backtests.folds.kept", { kept: part(report.efficiency), held: part(report.held) })}`;
  return (
    <>
      <Headline figures={report.figures} currency={report.currency} />
      {report.curve !== null && <Curves curve={report.curve} currency={report.currency} benchmark={null} />}
      <Points title={t("backtests.folds.title")} intro={`${t("backtests.folds.intro")}${kept}`} points={report.folds} objective={report.objective} />
    </>
  );
}
