import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Checkbox from "@mui/material/Checkbox";
import Chip from "@mui/material/Chip";
import FormControlLabel from "@mui/material/FormControlLabel";
import LinearProgress from "@mui/material/LinearProgress";
import MenuItem from "@mui/material/MenuItem";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useRef, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { useImportPricesMutation, useListPriceImportsQuery, type PriceImport } from "@/api";
import { problemOf, type Problem } from "@/api/problem";
import { DataState } from "@/ui/DataState";
import { useProblemText } from "@/ui/problemText";
import { useReadOnly } from "@/ui/readOnly";
import { toastSuccess } from "@/ui/toasts";
import { base64Of } from "./base64";
import "@/i18n/marketData";

const MAX_BYTES = 4 * 1024 * 1024;
const EXCHANGES = ["NSE", "BSE", "NASDAQ", "NYSE"];
const POLL_MS = 3_000;
const LISTED = 20;
const NAMED = 10;

/** Files of recorded prices: hand one in, and see what became of the others. */
export function PriceImports() {
  const { t } = useTranslation();
  const query = useListPriceImportsQuery({ limit: LISTED }, { pollingInterval: POLL_MS, skipPollingIfUnfocused: true });
  const readOnly = useReadOnly();
  return (
    <Card component="section" aria-labelledby="price-imports">
      <Box sx={{ p: 2.5 }}>
        <Typography id="price-imports" variant="h2">
          {t("marketData.imports.title")}
        </Typography>
        <Typography variant="body2" color="textSecondary">
          {t("marketData.imports.intro")}
        </Typography>
        {readOnly === null && <HandIn />}
      </Box>
      <DataState
        query={query}
        what={t("marketData.what.imports")}
        skeleton={<Skeleton variant="rounded" height={120} sx={{ m: 2.5 }} />}
        isEmpty={(page) => page.items.length === 0}
        empty={
          <Typography color="textSecondary" sx={{ px: 2.5, pb: 2.5 }}>
            {t("marketData.imports.empty")}
          </Typography>
        }
      >
        {(page) => (
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {page.items.map((one) => (
              <Row key={one.id} one={one} />
            ))}
          </Box>
        )}
      </DataState>
    </Card>
  );
}

function HandIn() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [send, sending] = useImportPricesMutation();
  const picker = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  const [exchange, setExchange] = useState("NSE");
  const [addsUnknown, setAddsUnknown] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const isTooLarge = file !== null && file.size > MAX_BYTES;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (file === null || isTooLarge) return;
    setProblem(null);
    const content = await base64Of(file);
    const answer = await send({ marketPriceImportIn: { file_name: file.name, content, exchange, add_unknown: addsUnknown } });
    if (answer.error !== undefined) setProblem(problemOf(answer.error));
    else {
      setFile(null);
      toastSuccess(t("marketData.imports.sent"));
    }
  }

  return (
    <Box component="form" onSubmit={(event: FormEvent) => void submit(event)} sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1.5, mt: 2 }}>
      <Button variant="outlined" onClick={() => picker.current?.click()} sx={{ maxWidth: "100%" }}>
        <Box component="span" sx={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
          {file?.name ?? t("marketData.imports.choose")}
        </Box>
      </Button>
      <input
        ref={picker}
        type="file"
        hidden
        accept=".csv,.gz,.zip,.parquet"
        onChange={(event) => {
          setFile(event.target.files?.[0] ?? null);
          event.target.value = "";
        }}
      />
      <TextField select size="small" label={t("marketData.imports.exchange")} value={exchange} onChange={(event) => setExchange(event.target.value)} sx={{ minWidth: 280 }}>
        {EXCHANGES.map((code) => (
          <MenuItem key={code} value={code}>
            {code}
          </MenuItem>
        ))}
      </TextField>
      <FormControlLabel control={<Checkbox checked={addsUnknown} onChange={(event) => setAddsUnknown(event.target.checked)} />} label={t("marketData.imports.addUnknown")} />
      <Button type="submit" variant="contained" disabled={file === null || isTooLarge} loading={sending.isLoading}>
        {t("marketData.imports.send")}
      </Button>
      {(isTooLarge || problem !== null) && (
        <Alert severity="error" role="alert" sx={{ width: 1 }}>
          {problem === null ? t("marketData.imports.tooLarge") : (problem.errors[0]?.message ?? textOf(problem))}
        </Alert>
      )}
    </Box>
  );
}

function Row({ one }: { one: PriceImport }) {
  const { t } = useTranslation();
  const steps = [...new Set(one.steps.map((step) => `${step.instrument} ${step.at.slice(0, 10)}`))];
  const lines = [
    one.state === "done" &&
      t("marketData.imports.summary", { bars: one.done, interval: one.interval ?? "", count: one.instruments, first: one.first_day ?? "", last: one.last_day ?? "" }),
    one.added > 0 && t("marketData.imports.added", { count: one.added }),
    one.refused > 0 && t("marketData.imports.refused", { count: one.refused }),
    one.unknown.length > 0 && t("marketData.imports.unknown", { names: one.unknown.slice(0, NAMED).join(", ") }),
    steps.length > 0 && t("marketData.imports.steps", { names: steps.slice(0, NAMED).join(", ") }),
    one.error,
  ].filter(Boolean);
  return (
    <Box component="li" sx={{ px: 2.5, py: 1.5, borderTop: 1, borderColor: "divider" }}>
      <Box sx={{ display: "flex", justifyContent: "space-between", gap: 1 }}>
        <Typography sx={{ fontWeight: 650, minWidth: 0, overflowWrap: "anywhere" }}>{one.file_name}</Typography>
        <Chip size="small" variant="outlined" color={one.state === "failed" ? "error" : "default"} label={t(`marketData.imports.states.${one.state}`)} />
      </Box>
      {one.state === "running" && one.bars > 0 && (
        <Box sx={{ my: 1 }}>
          <Typography variant="caption" className="figures">
            {t("marketData.imports.progress", { done: one.done, bars: one.bars })}
          </Typography>
          <LinearProgress variant="determinate" value={(one.done / one.bars) * 100} aria-label={t("marketData.imports.progress", { done: one.done, bars: one.bars })} />
        </Box>
      )}
      {lines.map((line) => (
        <Typography key={String(line)} variant="body2" color="textSecondary" sx={{ overflowWrap: "anywhere" }}>
          {line}
        </Typography>
      ))}
    </Box>
  );
}
