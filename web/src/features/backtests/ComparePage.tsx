import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Card from "@mui/material/Card";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import Stack from "@mui/material/Stack";
import Typography from "@mui/material/Typography";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { useShowBacktestReportQuery } from "@/api";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import { Section } from "@/ui/Section";
import { day, number, shown } from "./amounts";
import { differences } from "./differences";
import { growthOf } from "./growth";
import { Lines } from "./Lines";
import type { RunReport } from "./report";
import "@/i18n/backtests";

const MOST = 4;
const COLOURS = ["primary", "warning", "success", "error"].map((name) => `var(--sw-palette-${name}-main)`);

/** Up to four runs side by side: growth of one unit of money over their common time, and every figure. */
export default function ComparePage() {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const ids = [...new Set((params.get("ids") ?? "").split(",").filter((id) => /^[0-9a-f-]{36}$/.test(id)))].slice(0, MOST);
  const [reports, setReports] = useState<Record<string, RunReport>>({});
  const known = ids.flatMap((id) => reports[id] ?? []);
  const told = known.length === ids.length ? differences(known, t) : [];
  return (
    <Box sx={{ maxWidth: 1180, mx: "auto" }}>
      <MuiLink component={Link} to="/backtests">{t("backtests.all")}</MuiLink>
      <PageTitle title={t("backtests.compareTitle")}>{t("backtests.compareTitle")}</PageTitle>
      {ids.length < 2 && <Typography sx={{ mt: 2 }}>{t("backtests.compareFew")}</Typography>}
      <Box sx={{ display: "grid", gap: 1.5, my: 2, gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" } }}>
        {ids.map((id, place) => (
          <One key={id} id={id} colour={COLOURS[place] ?? ""} difference={told[place] ?? ""} onReport={(report) => setReports((all) => ({ ...all, [id]: report }))} />
        ))}
      </Box>
      {known.length === ids.length && known.length > 1 && (
        <Stack sx={{ gap: 2.5 }}>
          <Growth reports={known} />
          <FigureTable reports={known} differences={told} />
        </Stack>
      )}
    </Box>
  );
}

function One({ id, colour, difference, onReport }: { id: string; colour: string; difference: string; onReport: (report: RunReport) => void }) {
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
            {difference !== "" && <Typography variant="body2">{difference}</Typography>}
            <Typography variant="body2" color="textSecondary" className="figures">{String(report?.parameters.first)} – {String(report?.parameters.last)}</Typography>
          </>
        )}
      </DataState>
    </Card>
  );
}

/** Over the time that all runs have in common: over others, who had the better years would seem the better rule. */
function Growth({ reports }: { reports: RunReport[] }) {
  const { t } = useTranslation();
  const growth = growthOf(reports.map(({ curve }) => curve));
  if (growth === null) return <Alert severity="warning">{t("backtests.growth.apart")}</Alert>;
  const ends = growth.lines.map((line) => number(line.at(-1) ?? 1)).join(", ");
  return (
    <Section title={t("backtests.growth.title")} intro={t("backtests.growth.intro", { from: day(growth.from), to: day(growth.to), ends })}>
      {growth.isCut && <Alert severity="warning" sx={{ mb: 1.5 }}>{t("backtests.growth.cut")}</Alert>}
      <Lines height={220} lines={growth.lines.map((values, index) => ({ values, colour: COLOURS[index] ?? "" }))} />
    </Section>
  );
}

/** A row a figure. On a narrow screen its values stand below its name, two beside each other: nothing scrolls sideways. */
function FigureTable({ reports, differences: told }: { reports: RunReport[]; differences: string[] }) {
  const { t } = useTranslation();
  const row = {
    display: "grid",
    columnGap: 1.5,
    rowGap: 0.5,
    alignItems: "baseline",
    gridTemplateColumns: { xs: "1fr 1fr", sm: `minmax(150px, 1.4fr) repeat(${reports.length}, minmax(0, 1fr))` },
    px: { xs: 2, sm: 3 },
    py: 1,
    borderTop: 1,
    borderColor: "divider",
  } as const;
  const name = { gridColumn: { xs: "1 / -1", sm: "auto" } } as const;
  const mark = (place: number) => ({ borderLeft: 4, borderLeftColor: COLOURS[place], pl: 1, minWidth: 0, overflowWrap: "anywhere" }) as const;
  return (
    <Section title={t("backtests.figures.title")} flush>
      <Box role="table" aria-label={t("backtests.figures.title")}>
        <Box role="row" sx={row}>
          <Typography role="columnheader" variant="body2" sx={{ ...name, fontWeight: 650 }}>{t("backtests.sweep.figure")}</Typography>
          {reports.map(({ strategy }, place) => (
            <Box key={place} role="columnheader" sx={mark(place)}>
              <Typography variant="body2" sx={{ fontWeight: 650 }}>{strategy.name} v{strategy.number}</Typography>
              {told[place] !== "" && <Typography variant="caption" color="textSecondary" component="p">{told[place]}</Typography>}
            </Box>
          ))}
        </Box>
        {(reports[0]?.figures ?? []).map(({ name: figure, label }) => (
          <Box key={figure} role="row" sx={row}>
            <Typography role="rowheader" variant="body2" sx={name}>{label}</Typography>
            {reports.map((report, place) => {
              const own = report.figures.find((each) => each.name === figure);
              return (
                <Typography key={place} role="cell" variant="body2" className="figures" sx={mark(place)}>{own === undefined ? "–" : shown(own, report.currency)}</Typography>
              );
            })}
          </Box>
        ))}
      </Box>
    </Section>
  );
}
