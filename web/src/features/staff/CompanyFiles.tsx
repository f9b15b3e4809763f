import Box from "@mui/material/Box";
import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useImportCompanyEventsMutation } from "@/api";
import { useReadOnly } from "@/ui/readOnly";
import { Section } from "@/ui/Section";
import { FileForm } from "./FileForm";
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
  const [send, sending] = useImportCompanyEventsMutation();
  const [exchange, setExchange] = useState("NSE");
  const report = sending.data;
  return (
    <>
      <FileForm
        accept=".csv,.gz"
        maxBytes={MAX_BYTES}
        texts={{ choose: t("companies.files.choose"), send: t("companies.files.send"), tooLarge: t("companies.files.tooLarge") }}
        testId="company-days"
        isSending={sending.isLoading}
        send={(_name, content) => send({ marketCompanyEventsIn: { exchange, content } })}
      >
        <TextField select size="small" fullWidth={false} label={t("companies.files.exchange")} value={exchange} onChange={(event) => setExchange(event.target.value)} sx={{ minWidth: 120 }}>
          {EXCHANGES.map((each) => (
            <MenuItem key={each} value={each}>
              {each}
            </MenuItem>
          ))}
        </TextField>
      </FileForm>
      {report !== undefined && (
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
