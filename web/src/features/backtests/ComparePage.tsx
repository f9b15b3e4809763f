import Box from "@mui/material/Box";
import Card from "@mui/material/Card";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import Stack from "@mui/material/Stack";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableContainer from "@mui/material/TableContainer";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import Typography from "@mui/material/Typography";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { useShowBacktestReportQuery } from "@/api";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import { Section } from "@/ui/Section";
import { shown } from "./amounts";
import { Lines } from "./Lines";
import type { RunReport } from "./report";
import "@/i18n/backtests";

const MOST = 4;
const PLACES = 400;
const COLOURS = ["primary", "warning", "success", "error"].map((name) => `var(--sw-palette-${name}-main)`);

/** Up to four runs side by side: growth of one unit of money, and every figure. */
export default function ComparePage() {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const ids = [...new Set((params.get("ids") ?? "").split(",").filter((id) => /^[0-9a-f-]{36}$/.test(id)))].slice(0, MOST);
  const [reports, setReports] = useState<Record<string, RunReport>>({});
  const known = ids.flatMap((id) => reports[id] ?? []);
  return (
    <Box sx={{ maxWidth: 1180, mx: "auto" }}>
      <MuiLink component={Link} to="/backtests">{t("backtests.all")}</MuiLink>
      <PageTitle title={t("backtests.compareTitle")}>{t("backtests.compareTitle")}</PageTitle>
      {ids.length < 2 && <Typography sx={{ mt: 2 }}>{t("backtests.compareFew")}</Typography>}
      <Box sx={{ display: "grid", gap: 1.5, my: 2, gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" } }}>
        {ids.map((id, place) => (
          <One key={id} id={id} colour={COLOURS[place] ?? ""} onReport={(report) => setReports((all) => ({ ...all, [id]: report }))} />
        ))}
      </Box>
      {known.length === ids.length && known.length > 1 && (
        <Stack sx={{ gap: 2.5 }}>
          <Growth reports={known} />
          <FigureTable reports={known} />
        </Stack>
      )}
    </Box>
  );
}

function One({ id, colour, onReport }: { id: string; colour: string; onReport: (report: RunReport) => void }) {
  const { t } = useTranslation();
  const query = useShowBacktestReportQuery({ backtestId: id });
  const report = query.data as unknown as RunReport | undefined;
  useEffect(() => {
    if (report?.kind === "run") onReport(report);
    // The report of one backtest never changes; the callback is another at each render.
  }, [report]);
  return (
    <Card sx={{ p: 2, borderLeft: 6, borderLeftColor: colour }}>
      <DataState query={query} what={t("backtests.what.report")} skeleton={<Skeleton height={48} />}>
        {() => (
          <>
            <MuiLink component={Link} to={`/backtests/${id}`} sx={{ fontWeight: 650 }}>{report?.strategy.name} v{report?.strategy.number}</MuiLink>
            <Typography variant="body2" color="textSecondary" className="figures">{String(report?.parameters.first)} – {String(report?.parameters.last)}</Typography>
          </>
        )}
      </DataState>
    </Card>
  );
}

/** By share of each run's own time, so that runs over other days can be compared. */
function Growth({ reports }: { reports: RunReport[] }) {
  const { t } = useTranslation();
  const lines = reports.map(({ curve }, index) => {
    const first = curve.equity[0] ?? 1;
    const values = Array.from({ length: PLACES }, (_, place) => (curve.equity[Math.floor((place / (PLACES - 1)) * (curve.equity.length - 1))] ?? first) / first);
    return { values, colour: COLOURS[index] ?? "" };
  });
  return (
    <Section title={t("backtests.growth.title")} intro={t("backtests.growth.intro")}>
      <Lines height={220} lines={lines} />
    </Section>
  );
}

function FigureTable({ reports }: { reports: RunReport[] }) {
  const { t } = useTranslation();
  return (
    <Section title={t("backtests.figures.title")} flush>
      <TableContainer tabIndex={0} role="region" aria-label={t("backtests.figures.title")}>
        <Table size="small" aria-label={t("backtests.figures.title")}>
          <TableHead>
            <TableRow>
              <TableCell>{t("backtests.sweep.figure")}</TableCell>
              {reports.map((report, place) => (
                <TableCell key={place} align="right" sx={{ borderTop: 4, borderTopColor: COLOURS[place] }}>{report.strategy.name} v{report.strategy.number}</TableCell>
              ))}
            </TableRow>
          </TableHead>
          <TableBody>
            {(reports[0]?.figures ?? []).map(({ name, label }) => (
              <TableRow key={name}>
                <TableCell component="th" scope="row">{label}</TableCell>
                {reports.map((report, place) => {
                  const figure = report.figures.find((each) => each.name === name);
                  return (
                    <TableCell key={place} align="right" className="figures">{figure === undefined ? "–" : shown(figure, report.currency)}</TableCell>
                  );
                })}
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </TableContainer>
    </Section>
  );
}
