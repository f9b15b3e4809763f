import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import MenuItem from "@mui/material/MenuItem";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableContainer from "@mui/material/TableContainer";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Section } from "@/ui/Section";
import { number, part } from "./amounts";
import type { Point, SweepReport } from "./report";
import { shade } from "./shade";

const BEST_ROWS = 20;
const PARTS = new Set(["total_return", "cagr", "max_drawdown", "win_rate"]);
/** Of these less is better. */
const LOSSES = new Set(["max_drawdown"]);

function cell(name: string, value: number | null | undefined): string {
  if (value == null) return "–";
  return PARTS.has(name) ? part(value) : number(value);
}

/** The heat map of a sweep over its first two axes, and its best points. */
export function Sweep({ report }: { report: SweepReport }) {
  const { t } = useTranslation();
  const figures = useMemo(() => [...new Set(report.points.flatMap((point) => Object.keys(point.figures)))], [report]);
  const [figure, setFigure] = useState(report.objective);
  const sharpe = report.deflated_sharpe;
  const third = report.axes[2];
  const best = report.best === null ? null : report.points[report.best];
  return (
    <>
      <Section title={t("backtests.sweep.best")}>
        {best == null ? (
          <Typography>{t("backtests.sweep.none")}</Typography>
        ) : (
          <Typography className="figures">
            {Object.entries(best.values).map(([name, value]) => `${name} = ${value}`).join(", ")} · {t(`backtests.names.${report.objective as "sharpe"}`)} {cell(report.objective, best.figures[report.objective])}
          </Typography>
        )}
        {sharpe !== null && (
          <Alert severity={sharpe.value !== null && sharpe.value >= 0.95 ? "info" : "warning"} sx={{ mt: 1.5 }}>
            {sharpe.value === null ? t("backtests.sweep.noDeflated", { why: sharpe.why_not ?? "" }) : t("backtests.sweep.deflated", { value: part(sharpe.value), count: report.points.length })}
          </Alert>
        )}
        {report.overfit_probability != null && (
          <Typography variant="body2" sx={{ mt: 1 }}>{t("backtests.sweep.overfit", { value: part(report.overfit_probability) })}</Typography>
        )}
      </Section>
      <Section
        title={t("backtests.sweep.map")}
        intro={third === undefined ? t("backtests.sweep.intro") : `${t("backtests.sweep.intro")} ${t("backtests.sweep.third", { name: third.name })}`}
        flush
        actions={
          <TextField select size="small" fullWidth={false} label={t("backtests.sweep.figure")} value={figure} onChange={(event) => setFigure(event.target.value)} sx={{ minWidth: 170 }}>
            {figures.map((name) => (
              <MenuItem key={name} value={name}>{t(`backtests.names.${name as "sharpe"}`)}</MenuItem>
            ))}
          </TextField>
        }
      >
        <HeatMap report={report} figure={figure} />
      </Section>
      <Points title={t("backtests.sweep.points", { count: Math.min(BEST_ROWS, report.points.length) })} points={sorted(report.points, report.objective).slice(0, BEST_ROWS)} objective={report.objective} />
    </>
  );
}

function sorted(points: Point[], figure: string): Point[] {
  return [...points].sort((a, b) => (b.figures[figure] ?? -Infinity) - (a.figures[figure] ?? -Infinity));
}

function HeatMap({ report, figure }: { report: SweepReport; figure: string }) {
  const { t } = useTranslation();
  const [down, across] = report.axes;
  if (down === undefined) return null;
  const columns = across?.values ?? [0];
  const values = new Map<string, number>();
  const sign = LOSSES.has(figure) ? -1 : 1;
  for (const point of report.points) {
    // Of a third axis the best value stands for all.
    const key = `${point.values[down.name]} ${across === undefined ? 0 : point.values[across.name]}`;
    const value = point.figures[figure];
    if (value != null) values.set(key, sign * Math.max(sign * (values.get(key) ?? -sign * Infinity), sign * value));
  }
  const largest = Math.max(...[...values.values()].map(Math.abs), 1e-9);
  return (
    <TableContainer tabIndex={0} role="region" aria-label={t("backtests.sweep.map")} sx={{ maxHeight: 560 }}>
      <Table size="small" stickyHeader aria-label={t("backtests.sweep.map")}>
        <TableHead>
          <TableRow>
            <TableCell>{across === undefined ? down.name : `${down.name} ↓  ${across.name} →`}</TableCell>
            {columns.map((value) => (
              <TableCell key={value} align="right" className="figures">{across === undefined ? t(`backtests.names.${figure as "sharpe"}`) : value}</TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {down.values.map((row) => (
            <TableRow key={row}>
              <TableCell component="th" scope="row" className="figures">{row}</TableCell>
              {columns.map((column) => {
                const value = values.get(`${row} ${column}`);
                return (
                  <TableCell key={column} align="right" className="figures" sx={{ bgcolor: value === undefined ? undefined : shade((sign * value) / largest) }}>
                    {cell(figure, value)}
                  </TableCell>
                );
              })}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

/** Points of a sweep, or folds of a walk-forward: what was chosen and what it brought. */
export function Points({ title, intro, points, objective }: { title: string; intro?: string; points: Point[]; objective: string }) {
  const { t } = useTranslation();
  const names = Object.keys(points[0]?.values ?? {});
  const figures = Object.keys(points[0]?.figures ?? {});
  return (
    <Section title={title} intro={intro} flush>
      <TableContainer tabIndex={0} role="region" aria-label={title}>
        <Table size="small" aria-label={title}>
          <TableHead>
            <TableRow>
              {names.map((name) => (
                <TableCell key={name} align="right">{name}</TableCell>
              ))}
              {figures.map((name) => (
                <TableCell key={name} align="right">{t(`backtests.names.${name as "sharpe"}`)}</TableCell>
              ))}
            </TableRow>
          </TableHead>
          <TableBody>
            {points.map((point, index) => (
              <TableRow key={index}>
                {names.map((name) => (
                  <TableCell key={name} align="right" className="figures">{point.values[name]}</TableCell>
                ))}
                {figures.map((name) => (
                  <TableCell key={name} align="right" className="figures">
                    <Box component="span">{cell(name.replace(/^(in|out)_sample_/, "").replace("objective", objective), point.figures[name])}</Box>
                  </TableCell>
                ))}
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </TableContainer>
    </Section>
  );
}
