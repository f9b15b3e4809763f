import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Card from "@mui/material/Card";
import Chip from "@mui/material/Chip";
import LinearProgress from "@mui/material/LinearProgress";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import Stack from "@mui/material/Stack";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { useShowBacktestQuery, useShowBacktestReportQuery, type Backtest } from "@/api";
import { useJobs } from "@/live/jobs";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import { Time } from "@/ui/Time";
import { Actions } from "./Actions";
import { leftOf } from "./jobs";
import type { Report } from "./report";
import { ReportView } from "./ReportView";
import "@/i18n/backtests";

const POLL_MS = 3_000;

/** One backtest: how far it is, then what it found. */
export default function BacktestPage() {
  const { t } = useTranslation();
  const backtestId = useParams().id ?? "";
  useJobs("backtests");
  const query = useShowBacktestQuery({ backtestId });
  const isOpen = query.data?.status === "queued" || query.data?.status === "running";
  // The socket tells; asking now and then covers a socket that is away.
  useShowBacktestQuery({ backtestId }, { pollingInterval: POLL_MS, skip: !isOpen });
  return (
    <Box sx={{ maxWidth: 1180, mx: "auto" }}>
      <MuiLink component={Link} to="/backtests">{t("backtests.all")}</MuiLink>
      <DataState query={query} what={t("backtests.what.one")} skeleton={<Skeleton variant="rounded" height={240} />}>
        {(backtest) => (
          <Stack sx={{ gap: 2.5, mt: 1 }}>
            <Head backtest={backtest} />
            {backtest.status === "done" && <Found backtestId={backtest.id} hash={backtest.report_hash ?? ""} />}
          </Stack>
        )}
      </DataState>
    </Box>
  );
}

function Head({ backtest }: { backtest: Backtest }) {
  const { t } = useTranslation();
  const { parameters } = backtest;
  const instruments = parameters.instruments as string[];
  return (
    <Card sx={{ p: { xs: 2, sm: 3 } }}>
      <PageTitle title={backtest.name}>{backtest.name}</PageTitle>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, mt: 1, alignItems: "center" }}>
        <Chip label={t(`backtests.states.${backtest.status}`)} color={COLOURS[backtest.status]} />
        <Chip variant="outlined" label={t(`backtests.kinds.${backtest.kind}`)} />
        <Typography variant="body2" color="textSecondary" className="figures">
          {String(parameters.first)} – {String(parameters.last)} · {instruments.slice(0, 3).join(", ")}
          {instruments.length > 3 && ` ${t("backtests.more", { count: instruments.length - 3 })}`}
        </Typography>
      </Box>
      <Typography sx={{ mt: 1 }}>{String(parameters.words)}</Typography>
      <Typography variant="body2" color="textSecondary" sx={{ mt: 1 }}>
        {t("backtests.asked")} <Time iso={backtest.created_at} />
      </Typography>
      <Progress backtest={backtest} />
      {backtest.error !== null && <Alert severity="error" role="alert" sx={{ mt: 2 }}>{backtest.error}</Alert>}
      <Actions backtest={backtest} />
    </Card>
  );
}

export const COLOURS = { queued: "default", running: "info", done: "success", failed: "error", cancelled: "default" } as const;

function Progress({ backtest }: { backtest: Backtest }) {
  const { t } = useTranslation();
  if (backtest.status === "queued") {
    return <Typography role="status" sx={{ mt: 2 }}>{t("backtests.waits", { count: backtest.ahead ?? 0 })}</Typography>;
  }
  if (backtest.status !== "running") return null;
  const minutes = leftOf(backtest.started_at, backtest.progress);
  return (
    <Box sx={{ mt: 2 }}>
      <LinearProgress variant="determinate" value={backtest.progress / 10} aria-label={t("backtests.progress")} />
      <Typography role="status" variant="body2" sx={{ mt: 0.5 }}>
        {t(`backtests.stages.${(backtest.stage || "reading") as "reading"}`)} · {Math.round(backtest.progress / 10)}%
        {minutes !== null && ` · ${t("backtests.left", { count: minutes })}`}
      </Typography>
    </Box>
  );
}

function Found({ backtestId, hash }: { backtestId: string; hash: string }) {
  const { t } = useTranslation();
  const query = useShowBacktestReportQuery({ backtestId });
  return (
    <DataState query={query} what={t("backtests.what.report")} skeleton={<Skeleton variant="rounded" height={480} />}>
      {(report) => <ReportView report={report as unknown as Report} hash={hash} />}
    </DataState>
  );
}
