import Box from "@mui/material/Box";
import MenuItem from "@mui/material/MenuItem";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useImportInstrumentsMutation, useListImportsQuery, type ListFormat, type ListImport } from "@/api";
import { DataState } from "@/ui/DataState";
import { Section } from "@/ui/Section";
import { useReadOnly } from "@/ui/readOnly";
import { toastSuccess } from "@/ui/toasts";
import { FileForm } from "./FileForm";
import { ImportRow } from "./ImportRow";
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
  const [send, sending] = useImportInstrumentsMutation();
  const [format, setFormat] = useState<ListFormat>("kite");
  return (
    <Box sx={{ px: { xs: 2, sm: 3 }, pb: 2 }}>
      <FileForm
        accept=".csv,.gz,.json"
        maxBytes={MAX_BYTES}
        texts={{ choose: t("staff.lists.choose"), send: t("staff.lists.send"), tooLarge: t("staff.lists.tooLarge") }}
        testId="instrument-list"
        isSending={sending.isLoading}
        send={(file_name, content) => send({ marketImportCreate: { file_name, format, content } })}
        onSent={() => toastSuccess(t("staff.lists.sent"))}
      >
        <TextField select size="small" fullWidth={false} label={t("staff.lists.format")} value={format} onChange={(event) => setFormat(event.target.value as ListFormat)} sx={{ minWidth: 260, maxWidth: "100%" }}>
          {FORMATS.map((each) => (
            <MenuItem key={each} value={each}>
              {t(`staff.lists.formats.${each}`)}
            </MenuItem>
          ))}
        </TextField>
      </FileForm>
    </Box>
  );
}

function Row({ one }: { one: ListImport }) {
  const { t } = useTranslation();
  const { added, changed, unchanged, skipped, refused, done, rows } = one;
  const lines = [
    one.state === "done" ? t("staff.lists.summary", { added, changed, unchanged, skipped, refused }) : null,
    ...one.problems.slice(0, NAMED).map(({ line, message }) => t("staff.lists.problem", { line, message })),
    one.error,
  ].filter((line) => line !== null);
  return (
    <ImportRow
      fileName={one.file_name}
      state={t(`staff.lists.states.${one.state}`)}
      isFailed={one.state === "failed"}
      progress={one.state === "running" && rows > 0 ? { part: done / rows, words: t("staff.lists.progress", { done, rows }) } : null}
      lines={lines}
    />
  );
}
