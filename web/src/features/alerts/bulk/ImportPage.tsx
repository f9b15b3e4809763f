import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Chip from "@mui/material/Chip";
import MuiLink from "@mui/material/Link";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useRef, useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { useCheckAlertsFileMutation, useImportAlertsMutation, type CheckedFile, type CheckedLine } from "@/api";
import { newIdempotencyKey } from "@/api/idempotency";
import { problemOf, type Problem } from "@/api/problem";
import { PageTitle } from "@/ui/PageTitle";
import { useProblemText } from "@/ui/problemText";
import { toastSuccess } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import { Refusal } from "@/ui/Refusal";
import "@/i18n/alerts";
import "@/i18n/bulk";

const MOST_CHARS = 200_000;
const COLUMNS = "symbol, condition, threshold_price, operator, value, percent, expression, frequency, tags, note";

/** Alerts from a CSV file: what it would do is shown, then it is done. */
export default function ImportPage() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const navigate = useNavigate();
  const picker = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [checked, setChecked] = useState<CheckedFile | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [key, setKey] = useState(newIdempotencyKey);
  const [check, checking] = useCheckAlertsFileMutation();
  const [takeIn, taking] = useImportAlertsMutation();
  const isTooLarge = text.length > MOST_CHARS;

  function put(file: string) {
    setText(file);
    setChecked(null);
    setProblem(null);
  }

  async function ask(event: SyntheticEvent) {
    event.preventDefault();
    setProblem(null);
    const answer = await check({ alertsAlertsFile: { file: text } });
    setChecked(answer.data ?? null);
    setKey(newIdempotencyKey());
    if (answer.error !== undefined) setProblem(problemOf(answer.error));
  }

  async function run(digest: string) {
    setProblem(null);
    const answer = await takeIn({ "idempotency-key": key, alertsAlertsImport: { file: text, digest } });
    if (answer.data === undefined) {
      const refused = problemOf(answer.error);
      setProblem(refused);
      if (refused.code === "conflict") setChecked(null);
      return;
    }
    toastSuccess(t("bulk.import.done", { count: answer.data.created }));
    void navigate("/alerts");
  }

  return (
    <Box sx={{ maxWidth: 900, mx: "auto" }}>
      <MuiLink component={Link} to="/alerts">{t("bulk.import.back")}</MuiLink>
      <PageTitle title={t("bulk.import.title")}>{t("bulk.import.title")}</PageTitle>
      <Card component="form" noValidate onSubmit={(event: SyntheticEvent) => void ask(event)} sx={{ p: { xs: 2, sm: 3 }, mt: 2, display: "grid", gap: 2 }}>
        <Typography color="textSecondary">{t("bulk.import.intro", { columns: COLUMNS })}</Typography>
        <Box>
          <Button variant="outlined" onClick={() => picker.current?.click()}>{t("bulk.import.choose")}</Button>
          <input
            ref={picker}
            type="file"
            hidden
            accept=".csv,.txt,text/csv"
            onChange={(event) => {
              const file = event.target.files?.[0];
              event.target.value = "";
              if (file !== undefined) void file.text().then(put);
            }}
          />
        </Box>
        <TextField
          multiline
          minRows={4}
          maxRows={12}
          label={t("bulk.import.text")}
          value={text}
          onChange={(event) => put(event.target.value)}
          error={isTooLarge}
          helperText={isTooLarge ? t("bulk.import.tooLarge") : undefined}
          slotProps={{ htmlInput: { spellCheck: false, className: "figures" } }}
        />
        {problem !== null && problem.status === 402 && <Refusal problem={problem} />}
        {problem !== null && problem.status !== 402 && (
          <Alert severity="error" role="alert">
            {problem.code === "conflict" ? t("bulk.import.again") : (problem.errors[0]?.message ?? textOf(problem))}
          </Alert>
        )}
        <Box>
          <Button type="submit" variant={checked === null ? "contained" : "outlined"} disabled={text.trim() === "" || isTooLarge} loading={checking.isLoading}>
            {t("bulk.import.check")}
          </Button>
        </Box>
      </Card>
      {checked !== null && <Shown checked={checked} isBusy={taking.isLoading} onRun={() => void run(checked.digest)} />}
    </Box>
  );
}

function Shown({ checked, isBusy, onRun }: { checked: CheckedFile; isBusy: boolean; onRun: () => void }) {
  const { t } = useTranslation();
  const isBeyond = checked.room !== null && checked.active > checked.room;
  const told = (["new", "exists", "bad"] as const).filter((state) => checked[state] > 0);
  return (
    <Card component="section" aria-labelledby="checked" sx={{ mt: 2 }}>
      <Box sx={{ p: { xs: 2, sm: 3 }, display: "grid", gap: 1.5 }}>
        <Typography id="checked" variant="h2">{t("bulk.import.checked")}</Typography>
        <Box role="status" sx={{ display: "flex", flexWrap: "wrap", gap: 1 }}>
          {told.map((state) => (
            <Chip key={state} variant="outlined" color={COLOURS[state]} label={t(`bulk.import.${state}`, { count: checked[state] })} />
          ))}
        </Box>
        {isBeyond && (
          <Alert severity="warning">
            {t("bulk.import.beyond", { room: checked.room ?? 0, active: checked.active })}{" "}
            <MuiLink component={Link} to="/pricing" color="inherit" underline="always">{t("bulk.import.plans")}</MuiLink>
          </Alert>
        )}
        <Box>
          <WriteButton variant="contained" size="large" disabled={checked.new === 0 || isBeyond} loading={isBusy} onClick={onRun}>
            {t("bulk.import.do", { count: checked.new })}
          </WriteButton>
        </Box>
      </Box>
      <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
        {checked.lines.map((line) => (
          <Line key={line.line} line={line} />
        ))}
      </Box>
    </Card>
  );
}

const COLOURS = { new: "success", exists: "default", bad: "error" } as const;

function Line({ line }: { line: CheckedLine }) {
  const { t } = useTranslation();
  return (
    <Box component="li" sx={{ display: "grid", gridTemplateColumns: "auto minmax(0, 1fr) auto", gap: 2, px: { xs: 2, sm: 3 }, py: 1.25, borderTop: 1, borderColor: "divider", alignItems: "start" }}>
      <Typography variant="caption" color="textSecondary" className="figures" sx={{ pt: 0.25, minWidth: 56 }}>
        {t("bulk.import.line")} {line.line}
      </Typography>
      <Box sx={{ minWidth: 0, overflowWrap: "anywhere" }}>
        <Typography className="figures">{line.words ?? line.symbol}</Typography>
        {line.errors.map((error) => (
          <Typography key={error.column + error.code} variant="body2" color="error">
            <code>{error.column}</code>: {error.message}
          </Typography>
        ))}
      </Box>
      <Chip
        size="small"
        variant="outlined"
        color={COLOURS[line.state]}
        label={t(line.state === "new" && line.paused ? "bulk.import.pausedState" : `bulk.import.states.${line.state}`)}
      />
    </Box>
  );
}
