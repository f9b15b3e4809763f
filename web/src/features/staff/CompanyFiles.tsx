import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useRef, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { useImportCompanyEventsMutation } from "@/api";
import { problemOf, type Problem } from "@/api/problem";
import { useProblemText } from "@/ui/problemText";
import { useReadOnly } from "@/ui/readOnly";
import { Section } from "@/ui/Section";
import { base64Of } from "./base64";
import "@/i18n/companies";

const MAX_BYTES = 1024 * 1024;
const EXCHANGES = ["NSE", "BSE", "NASDAQ", "NYSE"];
const NAMED = 5;

/** Files of results days and ex-days: hand one in, and see at once what it brought. */
export function CompanyFiles() {
  const { t } = useTranslation();
  return (
    <Section title={t("companies.files.title")} intro={t("companies.files.intro")}>
      {useReadOnly() === null && <HandIn />}
    </Section>
  );
}

function HandIn() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [send, sending] = useImportCompanyEventsMutation();
  const picker = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  const [exchange, setExchange] = useState("NSE");
  const [problem, setProblem] = useState<Problem | null>(null);
  const isTooLarge = file !== null && file.size > MAX_BYTES;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (file === null || isTooLarge) return;
    setProblem(null);
    const answer = await send({ marketCompanyEventsIn: { exchange, content: await base64Of(file) } });
    if (answer.error !== undefined) setProblem(problemOf(answer.error));
    else setFile(null);
  }

  const report = sending.data;
  return (
    <>
      <Box component="form" onSubmit={(event: FormEvent) => void submit(event)} sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1.5 }}>
        <Button variant="outlined" onClick={() => picker.current?.click()} sx={{ maxWidth: "100%" }}>
          <Box component="span" sx={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
            {file?.name ?? t("companies.files.choose")}
          </Box>
        </Button>
        <input
          ref={picker}
          type="file"
          hidden
          data-testid="company-days"
          accept=".csv,.gz"
          onChange={(event) => {
            setFile(event.target.files?.[0] ?? null);
            event.target.value = "";
          }}
        />
        <TextField select size="small" fullWidth={false} label={t("companies.files.exchange")} value={exchange} onChange={(event) => setExchange(event.target.value)} sx={{ minWidth: 120 }}>
          {EXCHANGES.map((each) => (
            <MenuItem key={each} value={each}>
              {each}
            </MenuItem>
          ))}
        </TextField>
        <Button type="submit" variant="contained" disabled={file === null || isTooLarge} loading={sending.isLoading}>
          {t("companies.files.send")}
        </Button>
      </Box>
      {(isTooLarge || problem !== null) && (
        <Alert severity="error" role="alert" sx={{ mt: 1.5 }}>
          {problem === null ? t("companies.files.tooLarge") : (problem.errors[0]?.message ?? textOf(problem))}
        </Alert>
      )}
      {report !== undefined && problem === null && (
        <Box role="status" sx={{ mt: 1.5 }}>
          <Typography sx={{ fontWeight: 600 }}>{t("companies.files.done", { ...report, refused: report.problems.length })}</Typography>
          {report.unknown.length > 0 && <Typography variant="body2">{t("companies.files.unknown", { symbols: report.unknown.slice(0, NAMED).join(", ") })}</Typography>}
          {report.problems.slice(0, NAMED).map(({ line, message }) => (
            <Typography key={line} variant="body2" color="textSecondary">
              {t("companies.files.problem", { line, message })}
            </Typography>
          ))}
        </Box>
      )}
    </>
  );
}
