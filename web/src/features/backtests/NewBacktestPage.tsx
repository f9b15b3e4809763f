import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Card from "@mui/material/Card";
import Chip from "@mui/material/Chip";
import MuiLink from "@mui/material/Link";
import MenuItem from "@mui/material/MenuItem";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useSearchParams } from "react-router";
import { useShowBacktestDraftQuery, useShowBacktestLimitsQuery, useStartBacktestMutation, type BacktestDraft } from "@/api";
import { newIdempotencyKey } from "@/api/idempotency";
import { problemOf, type Problem } from "@/api/problem";
import { DataState } from "@/ui/DataState";
import { LimitPanel } from "@/ui/Notices";
import { PageTitle } from "@/ui/PageTitle";
import { useProblemText } from "@/ui/problemText";
import { StockField, type Choice } from "@/ui/StockField";
import { WriteButton } from "@/ui/WriteButton";
import { Axes } from "./Axes";
import { bodyOf, emptyForm, type Form } from "./form";
import "@/i18n/backtests";

/** Asks for a backtest of one version of a strategy. */
export default function NewBacktestPage() {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const versionId = params.get("version") ?? "";
  const query = useShowBacktestDraftQuery({ versionId }, { skip: versionId === "" });
  return (
    <Box sx={{ maxWidth: 860, mx: "auto" }}>
      <MuiLink component={Link} to="/backtests">{t("backtests.all")}</MuiLink>
      <PageTitle title={t("backtests.new")}>{t("backtests.new")}</PageTitle>
      {versionId === "" ? (
        <Typography sx={{ mt: 2 }}>
          {t("backtests.form.noVersion")} <MuiLink component={Link} to="/strategies">{t("backtests.choose")}</MuiLink>
        </Typography>
      ) : (
        <DataState query={query} what={t("backtests.what.draft")} skeleton={<Skeleton variant="rounded" height={420} sx={{ mt: 2 }} />}>
          {(draft) => <NewBacktest draft={draft} />}
        </DataState>
      )}
    </Box>
  );
}

function NewBacktest({ draft }: { draft: BacktestDraft }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [form, setForm] = useState<Form>(() => emptyForm(draft));
  const [problem, setProblem] = useState<Problem | null>(null);
  const [key, setKey] = useState(newIdempotencyKey);
  const [start, { isLoading }] = useStartBacktestMutation();
  const limits = useShowBacktestLimitsQuery().data;

  function put(change: Partial<Form>) {
    setForm({ ...form, ...change });
    setKey(newIdempotencyKey());
  }

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    setProblem(null);
    const answer = await start({ "idempotency-key": key, signalsBacktestCreate: bodyOf(draft.version_id, form) });
    if (answer.data === undefined) setProblem(problemOf(answer.error));
    else void navigate(`/backtests/${answer.data.id}`);
  }

  const text = (name: "first" | "last" | "cash" | "slippage" | "folds" | "lot" | "tick", more: { type?: string; numeric?: boolean; hint?: string } = {}) => (
    <TextField
      label={t(`backtests.form.${name}`)}
      type={more.type}
      value={form[name]}
      helperText={more.hint}
      onChange={(event) => put({ [name]: event.target.value })}
      slotProps={{ inputLabel: more.type === "date" ? { shrink: true } : undefined, htmlInput: { className: "figures", inputMode: more.numeric ? "decimal" : undefined } }}
    />
  );
  const choice = <Name extends "kind" | "fill" | "segment" | "slippageKind" | "objective" | "short">(name: Name, values: readonly Form[Name][]) => (
    <TextField select label={t(`backtests.form.${name}`)} value={form[name]} onChange={(event) => put({ [name]: event.target.value })}>
      {values.map((value) => (
        <MenuItem key={value} value={value}>{t(`backtests.choices.${value}`)}</MenuItem>
      ))}
    </TextField>
  );

  return (
    <Card component="form" noValidate onSubmit={(event: SyntheticEvent) => void submit(event)} sx={{ p: { xs: 2, sm: 3 }, mt: 2, display: "grid", gap: 2 }}>
      <Box>
        <Typography variant="h2">{draft.name} v{draft.number}</Typography>
        <Typography sx={{ mt: 1 }}>{draft.words}</Typography>
      </Box>
      {choice("kind", ["run", "sweep", "walk_forward"])}
      <Typography variant="body2" color="textSecondary">{t(`backtests.kindTexts.${form.kind}`)}</Typography>
      <Box sx={TWO}>
        {text("first", { type: "date" })}
        {text("last", { type: "date" })}
      </Box>
      <Instruments chosen={form.instruments} onChange={(instruments) => put({ instruments })} />
      {form.kind !== "run" && <Axes draft={draft} axes={form.axes} onChange={(axes) => put({ axes })} />}
      {form.kind !== "run" && (
        <Box sx={TWO}>
          {choice("objective", ["sharpe", "sortino", "calmar", "cagr", "total_return", "profit_factor"])}
          {form.kind === "walk_forward" && text("folds", { numeric: true })}
        </Box>
      )}
      <Typography variant="h2">{t("backtests.form.assumptions")}</Typography>
      <Box sx={TWO}>
        {text("cash", { numeric: true })}
        {choice("fill", ["next_open", "next_close", "same_close"])}
        {choice("slippageKind", ["bps", "ticks", "volume_share"])}
        {text("slippage", { numeric: true })}
        <TextField select label={t("backtests.form.broker")} value={form.broker} onChange={(event) => put({ broker: event.target.value })}>
          <MenuItem value="">{t("backtests.form.noBroker")}</MenuItem>
          {draft.brokers.map((name) => (
            <MenuItem key={name} value={name}>{t(`backtests.brokers.${name as "zerodha"}`)}</MenuItem>
          ))}
        </TextField>
        {choice("segment", ["delivery", "intraday", ...(draft.brokers.includes("zero") ? [] : (["futures"] as const))])}
        {text("lot", { numeric: true, hint: t("backtests.form.lotHint") })}
        {text("tick", { numeric: true, hint: t("backtests.form.tickHint") })}
        {choice("short", ["part", "nothing"])}
      </Box>
      <StockField value={form.benchmark} onChange={(benchmark) => put({ benchmark })} label={t("backtests.form.benchmark")} />
      <Refused problem={problem} />
      <Box sx={{ display: "flex", gap: 2, alignItems: "center", flexWrap: "wrap" }}>
        <WriteButton type="submit" variant="contained" size="large" loading={isLoading}>{t("backtests.form.start")}</WriteButton>
        {limits !== undefined && (
          <Typography variant="body2" color="textSecondary" className="figures">{t("backtests.used", { used: limits.used_today, count: limits.per_day })}</Typography>
        )}
      </Box>
    </Card>
  );
}

const TWO = { display: "grid", gap: 2, gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" } };

function Refused({ problem }: { problem: Problem | null }) {
  const textOf = useProblemText();
  if (problem === null) return null;
  if (problem.status === 402) return <LimitPanel problem={problem} />;
  return (
    <Alert severity="error" role="alert">
      {problem.errors.length === 0 ? textOf(problem) : problem.errors.map((error) => <div key={error.field + error.code}>{error.message}</div>)}
    </Alert>
  );
}

function Instruments({ chosen, onChange }: { chosen: string[]; onChange: (chosen: string[]) => void }) {
  const { t } = useTranslation();
  const [choice, setChoice] = useState<Choice | null>(null);

  function add(found: Choice | null) {
    setChoice(null);
    if (found !== null && !chosen.includes(found.instrument)) onChange([...chosen, found.instrument]);
  }

  return (
    <Box>
      <Typography component="p" variant="body2" sx={{ mb: 1 }}>{t("backtests.form.instruments")}</Typography>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, mb: 1.5 }}>
        {chosen.map((name) => (
          <Chip key={name} label={name} onDelete={chosen.length > 1 ? () => onChange(chosen.filter((each) => each !== name)) : undefined} />
        ))}
      </Box>
      <StockField value={choice} onChange={add} label={t("backtests.form.add")} />
    </Box>
  );
}
