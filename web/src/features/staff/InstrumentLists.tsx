import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import LinearProgress from "@mui/material/LinearProgress";
import MenuItem from "@mui/material/MenuItem";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useRef, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { useImportInstrumentsMutation, useListImportsQuery, type ListFormat, type ListImport } from "@/api";
import { problemOf, type Problem } from "@/api/problem";
import { DataState } from "@/ui/DataState";
import { useProblemText } from "@/ui/problemText";
import { Section } from "@/ui/Section";
import { useReadOnly } from "@/ui/readOnly";
import { toastSuccess } from "@/ui/toasts";
import { base64Of } from "./base64";
import "@/i18n/staff";

const MAX_BYTES = 4 * 1024 * 1024;
const FORMATS: ListFormat[] = ["kite", "upstox", "nse-equity", "nse-index", "twelvedata"];
const POLL_MS = 3_000;
const LISTED = 20;
const NAMED = 5;

/** Lists of instruments: hand one in, and see what became of the others. */
export function InstrumentLists() {
  const { t } = useTranslation();
  const query = useListImportsQuery({ limit: LISTED }, { pollingInterval: POLL_MS, skipPollingIfUnfocused: true });
  const readOnly = useReadOnly();
  return (
    <Section flush title={t("staff.lists.title")} intro={t("staff.lists.intro")}>
      {readOnly === null && <HandIn />}
      <DataState
        query={query}
        what={t("staff.lists.what")}
        skeleton={<Skeleton variant="rounded" height={120} sx={{ m: 2.5 }} />}
        isEmpty={(page) => page.items.length === 0}
        empty={
          <Typography color="textSecondary" sx={{ px: 2.5, pb: 2.5 }}>
            {t("staff.lists.empty")}
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
    </Section>
  );
}

function HandIn() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [send, sending] = useImportInstrumentsMutation();
  const picker = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  const [format, setFormat] = useState<ListFormat>("kite");
  const [problem, setProblem] = useState<Problem | null>(null);
  const isTooLarge = file !== null && file.size > MAX_BYTES;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (file === null || isTooLarge) return;
    setProblem(null);
    const answer = await send({ marketImportCreate: { file_name: file.name, format, content: await base64Of(file) } });
    if (answer.error !== undefined) setProblem(problemOf(answer.error));
    else {
      setFile(null);
      toastSuccess(t("staff.lists.sent"));
    }
  }

  return (
    <Box component="form" onSubmit={(event: FormEvent) => void submit(event)} sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1.5, px: { xs: 2, sm: 3 }, pb: 2 }}>
      <Button variant="outlined" onClick={() => picker.current?.click()} sx={{ maxWidth: "100%" }}>
        <Box component="span" sx={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
          {file?.name ?? t("staff.lists.choose")}
        </Box>
      </Button>
      <input
        ref={picker}
        type="file"
        hidden
        data-testid="instrument-list"
        accept=".csv,.gz,.json"
        onChange={(event) => {
          setFile(event.target.files?.[0] ?? null);
          event.target.value = "";
        }}
      />
      <TextField select size="small" fullWidth={false} label={t("staff.lists.format")} value={format} onChange={(event) => setFormat(event.target.value as ListFormat)} sx={{ minWidth: 260, maxWidth: "100%" }}>
        {FORMATS.map((each) => (
          <MenuItem key={each} value={each}>
            {t(`staff.lists.formats.${each}`)}
          </MenuItem>
        ))}
      </TextField>
      <Button type="submit" variant="contained" disabled={file === null || isTooLarge} loading={sending.isLoading}>
        {t("staff.lists.send")}
      </Button>
      {(isTooLarge || problem !== null) && (
        <Alert severity="error" role="alert" sx={{ width: 1 }}>
          {problem === null ? t("staff.lists.tooLarge") : (problem.errors[0]?.message ?? textOf(problem))}
        </Alert>
      )}
    </Box>
  );
}

function Row({ one }: { one: ListImport }) {
  const { t } = useTranslation();
  const { added, changed, unchanged, skipped, refused, done, rows } = one;
  const progress = t("staff.lists.progress", { done, rows });
  const lines = [
    one.state === "done" ? t("staff.lists.summary", { added, changed, unchanged, skipped, refused }) : null,
    ...one.problems.slice(0, NAMED).map(({ line, message }) => t("staff.lists.problem", { line, message })),
    one.error,
  ].filter((line) => line !== null);
  return (
    <Box component="li" sx={{ px: 2.5, py: 1.5, borderTop: 1, borderColor: "divider" }}>
      <Box sx={{ display: "flex", justifyContent: "space-between", gap: 1 }}>
        <Typography sx={{ fontWeight: 650, minWidth: 0, overflowWrap: "anywhere" }}>{one.file_name}</Typography>
        <Chip size="small" variant="outlined" color={one.state === "failed" ? "error" : "default"} label={t(`staff.lists.states.${one.state}`)} />
      </Box>
      {one.state === "running" && rows > 0 && <LinearProgress variant="determinate" value={(done / rows) * 100} aria-label={progress} sx={{ my: 1 }} />}
      {lines.map((line) => (
        <Typography key={line} variant="body2" color="textSecondary" sx={{ overflowWrap: "anywhere" }}>
          {line}
        </Typography>
      ))}
    </Box>
  );
}
