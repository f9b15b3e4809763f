import Box from "@mui/material/Box";
import Checkbox from "@mui/material/Checkbox";
import FormControlLabel from "@mui/material/FormControlLabel";
import MenuItem from "@mui/material/MenuItem";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useImportPricesMutation, useListPriceImportsQuery, type PriceImport } from "@/api";
import { DataState } from "@/ui/DataState";
import { Section } from "@/ui/Section";
import { useReadOnly } from "@/ui/readOnly";
import { toastSuccess } from "@/ui/toasts";
import { FileForm } from "./FileForm";
import { ImportRow } from "./ImportRow";
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
    <Section flush title={t("marketData.imports.title")} intro={t("marketData.imports.intro")}>
      {readOnly === null && <HandIn />}
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
    </Section>
  );
}

function HandIn() {
  const { t } = useTranslation();
  const [send, sending] = useImportPricesMutation();
  const [exchange, setExchange] = useState("NSE");
  const [addsUnknown, setAddsUnknown] = useState(false);
  return (
    <Box sx={{ px: { xs: 2, sm: 3 }, pb: 2 }}>
      <FileForm
        accept=".csv,.gz,.zip,.parquet"
        maxBytes={MAX_BYTES}
        texts={{ choose: t("marketData.imports.choose"), send: t("marketData.imports.send"), tooLarge: t("marketData.imports.tooLarge") }}
        testId="price-file"
        isSending={sending.isLoading}
        send={(file_name, content) => send({ marketPriceImportIn: { file_name, content, exchange, add_unknown: addsUnknown } })}
        onSent={() => toastSuccess(t("marketData.imports.sent"))}
      >
        <TextField select size="small" fullWidth={false} label={t("marketData.imports.exchange")} value={exchange} onChange={(event) => setExchange(event.target.value)} sx={{ minWidth: 280, maxWidth: "100%" }}>
          {EXCHANGES.map((code) => (
            <MenuItem key={code} value={code}>
              {code}
            </MenuItem>
          ))}
        </TextField>
        <FormControlLabel control={<Checkbox checked={addsUnknown} onChange={(event) => setAddsUnknown(event.target.checked)} />} label={t("marketData.imports.addUnknown")} />
      </FileForm>
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
  ].filter((line) => typeof line === "string");
  return (
    <ImportRow
      fileName={one.file_name}
      state={t(`marketData.imports.states.${one.state}`)}
      isFailed={one.state === "failed"}
      progress={one.state === "running" && one.bars > 0 ? { part: one.done / one.bars, words: t("marketData.imports.progress", { done: one.done, bars: one.bars }) } : null}
      lines={lines}
    />
  );
}
