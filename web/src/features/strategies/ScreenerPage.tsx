import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import LinearProgress from "@mui/material/LinearProgress";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import Stack from "@mui/material/Stack";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableContainer from "@mui/material/TableContainer";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import type { TFunction } from "i18next";
import { lazy, Suspense, useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { useCancelScreenMutation, useCreateScreenMutation, useListScreensQuery, useShowScreenQuery, type Screen, type ScreenMatch, type ScreenResult } from "@/api";
import { newIdempotencyKey } from "@/api/idempotency";
import { messageFor, problemOf, type Problem } from "@/api/problem";
import { useJobs } from "@/live/jobs";
import { Choose } from "@/ui/Choose";
import { Refusal } from "@/ui/Refusal";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import { Row } from "@/ui/Row";
import { Section } from "@/ui/Section";
import { stockPath } from "@/ui/stockPath";
import { Time } from "@/ui/Time";
import { useProblemText } from "@/ui/problemText";
import { toastProblem } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import { INTERVALS } from "./fields";
import "@/i18n/strategies";

const ExpressionField = lazy(() => import("@/ui/expression/ExpressionField"));

const EXCHANGES = ["all", "NSE", "BSE", "NASDAQ", "NYSE"] as const;
/** The socket tells; asking now and then covers a socket that is away. */
const POLL_MS = 5_000;

/** Find the stocks for which a condition holds. The scan that is shown stands in the address. */
export default function ScreenerPage() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const shown = params.get("scan");
  useJobs("screener");
  return (
    <Box sx={{ maxWidth: 960, mx: "auto" }}>
      <PageTitle title={t("strategies.screen.title")}>{t("strategies.screen.title")}</PageTitle>
      <Typography color="textSecondary" sx={{ mt: 1, mb: 2 }}>{t("strategies.screen.intro")}</Typography>
      <Stack sx={{ gap: 2.5 }}>
        <Ask onAsked={(scan) => setParams({ scan }, { replace: true })} />
        {shown !== null && <Result key={shown} id={shown} />}
        <Earlier onShow={(scan) => setParams({ scan }, { replace: true })} />
      </Stack>
    </Box>
  );
}

function Ask({ onAsked }: { onAsked: (id: string) => void }) {
  const { t } = useTranslation();
  const [expression, setExpression] = useState("close > sma(close, 200) and rsi(close, 14) < 40");
  const [interval, setInterval] = useState<string>("1d");
  const [exchange, setExchange] = useState<string>("all");
  const [day, setDay] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [create, { isLoading }] = useCreateScreenMutation();

  async function scan(event: SyntheticEvent) {
    event.preventDefault();
    setProblem(null);
    const answer = await create({
      "idempotency-key": newIdempotencyKey(),
      signalsScreenCreate: {
        expression: expression.trim(),
        interval: interval as "1d",
        exchange: exchange === "all" ? null : exchange,
        day: day === "" ? null : day,
      },
    });
    if (answer.error !== undefined) return setProblem(problemOf(answer.error));
    return onAsked(answer.data.id);
  }

  return (
    <Section title={t("strategies.screen.condition")}>
      <Stack component="form" noValidate onSubmit={(event) => void scan(event)} sx={{ gap: 2 }}>
        {problem !== null && <Refusal problem={problem} />}
        <Suspense fallback={<Skeleton variant="rounded" height={160} />}>
          <ExpressionField label={t("strategies.screen.condition")} value={expression} hint={t("strategies.form.expressionHint")} error={problem === null ? null : messageFor(problem, "expression")} onWrite={setExpression} />
        </Suspense>
        <Box sx={{ display: "grid", gap: 2, gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr 1fr" } }}>
          <Choose label={t("strategies.form.interval")} value={interval} options={INTERVALS} nameOf={(name) => t(`strategies.form.intervals.${name}`)} onChange={setInterval} />
          <Choose label={t("strategies.screen.exchange")} value={exchange} options={EXCHANGES} nameOf={(name) => (name === "all" ? t("strategies.screen.all") : name)} onChange={setExchange} />
          <TextField
            type="date"
            label={t("strategies.screen.day")}
            value={day}
            onChange={(event) => setDay(event.target.value)}
            error={problem !== null && messageFor(problem, "day") !== null}
            helperText={(problem === null ? null : messageFor(problem, "day")) ?? t("strategies.screen.dayHint")}
            slotProps={{ inputLabel: { shrink: true } }}
          />
        </Box>
        <WriteButton type="submit" variant="contained" size="large" loading={isLoading} disabled={expression.trim() === ""} sx={{ justifySelf: "start" }}>
          {t("strategies.screen.scan")}
        </WriteButton>
      </Stack>
    </Section>
  );
}

function Result({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useShowScreenQuery({ screenId: id });
  const goesOn = query.data !== undefined && isUnfinished(query.data);
  useShowScreenQuery({ screenId: id }, { pollingInterval: POLL_MS, skip: !goesOn });
  return (
    <DataState query={query} what={t("strategies.what.screens")} skeleton={<Skeleton variant="rounded" height={200} />}>
      {(screen) => (
        <Section title={screen.status !== "done" ? t("strategies.screen.looking") : t("strategies.screen.found", { count: screen.matched })} intro={screen.words}>
          <Found screen={screen} />
          {isUnfinished(screen) && <Cancel id={id} />}
        </Section>
      )}
    </DataState>
  );
}

function Cancel({ id }: { id: string }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [cancel, { isLoading }] = useCancelScreenMutation();

  async function stop() {
    const { error } = await cancel({ screenId: id });
    if (error === undefined) return;
    const problem = problemOf(error);
    toastProblem(textOf(problem), problem);
  }

  return (
    <WriteButton variant="outlined" color="error" size="small" loading={isLoading} sx={{ mt: 1.5 }} onClick={() => void stop()}>
      {t("strategies.screen.cancel")}
    </WriteButton>
  );
}

function Found({ screen }: { screen: ScreenResult }) {
  const { t } = useTranslation();
  if (isUnfinished(screen)) {
    const { done, total } = screen;
    return (
      <div role="status">
        <Typography variant="body2">{total === 0 ? t("strategies.screen.queued") : t("strategies.screen.scanning", { done, total })}</Typography>
        <LinearProgress aria-label={t("strategies.screen.scan")} variant={total === 0 ? "indeterminate" : "determinate"} value={total === 0 ? undefined : (100 * done) / total} sx={{ mt: 1 }} />
      </div>
    );
  }
  if (screen.status === "cancelled") return <Typography variant="body2" role="status">{t("strategies.screen.cancelled")}</Typography>;
  if (screen.status !== "done") return <Alert severity="error">{screen.reason ?? t("strategies.screen.failed")}</Alert>;
  return (
    <>
      <Typography variant="body2" color="textSecondary" role="status">
        {screen.matches.length === 0 && `${t("strategies.screen.nothing")} `}
        {t("strategies.screen.looked", { total: screen.total, unknown: screen.unknown })}
      </Typography>
      {screen.matches.length > 0 && <Matches matches={screen.matches} />}
    </>
  );
}

function Matches({ matches }: { matches: ScreenMatch[] }) {
  const { t } = useTranslation();
  const columns = Object.keys(matches[0]?.values ?? {}).filter((name) => name !== "close");
  return (
    <TableContainer tabIndex={0} sx={{ mt: 1.5 }}>
      <Table size="small" aria-label={t("strategies.screen.title")}>
        <TableHead>
          <TableRow>
            <TableCell>{t("strategies.screen.stock")}</TableCell>
            <TableCell align="right">{t("strategies.screen.close")}</TableCell>
            <TableCell align="right">{t("strategies.screen.change")}</TableCell>
            {columns.map((name) => <TableCell key={name} align="right">{name}</TableCell>)}
            <TableCell>{t("strategies.screen.at")}</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {matches.map((match) => (
            <TableRow key={match.instrument} data-instrument={match.instrument}>
              <TableCell><MuiLink component={Link} to={stockPath(match.instrument)}>{match.instrument}</MuiLink></TableCell>
              <TableCell align="right" className="figures">{match.close}</TableCell>
              <TableCell align="right" className="figures">{match.change === null ? t("strategies.screen.unknownNumber") : SHARE.format(match.change)}</TableCell>
              {columns.map((name) => (
                <TableCell key={name} align="right" className="figures">{numberOf(match.values[name]) ?? t("strategies.screen.unknownNumber")}</TableCell>
              ))}
              <TableCell sx={{ whiteSpace: "nowrap" }}><Time iso={match.at} absolute /></TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

function Earlier({ onShow }: { onShow: (id: string) => void }) {
  const { t } = useTranslation();
  const query = useListScreensQuery({ limit: 10 });
  return (
    <Section title={t("strategies.screen.earlier")}>
      <DataState
        query={query}
        what={t("strategies.what.screens")}
        skeleton={<Skeleton variant="rounded" height={100} />}
        isEmpty={({ items }) => items.length === 0}
        empty={<Typography variant="body2" color="textSecondary">{t("strategies.screen.earlierNone")}</Typography>}
      >
        {({ items }) => (
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {items.map((screen) => (
              <Row key={screen.id} title={screen.expression} actions={<Button size="small" onClick={() => onShow(screen.id)} aria-label={`${t("strategies.screen.show")}: ${screen.expression}`}>{t("strategies.screen.show")}</Button>}>
                <Typography variant="body2" color="textSecondary">
                  {stateOf(screen, t)} · <Time iso={screen.created_at} />
                </Typography>
              </Row>
            ))}
          </Box>
        )}
      </DataState>
    </Section>
  );
}

const SHARE = new Intl.NumberFormat("en-US", { style: "percent", minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "exceptZero" });
const NUMBER = new Intl.NumberFormat("en-US", { maximumFractionDigits: 4 });

function numberOf(value: number | null | undefined): string | null {
  return value == null ? null : NUMBER.format(value);
}

function stateOf(screen: Screen, t: TFunction): string {
  if (screen.status === "done") return t("strategies.screen.found", { count: screen.matched });
  if (screen.status === "running") return t("strategies.screen.scanning", { done: screen.done, total: screen.total });
  if (screen.status === "cancelled") return t("strategies.screen.cancelled");
  return screen.reason ?? t("strategies.screen.queued");
}

function isUnfinished(screen: Screen): boolean {
  return screen.status === "queued" || screen.status === "running";
}
