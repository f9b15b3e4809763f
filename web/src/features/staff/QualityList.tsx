import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Chip from "@mui/material/Chip";
import MenuItem from "@mui/material/MenuItem";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  useDismissQuarantinedMutation,
  useListQuarantinedQuery,
  useReleaseQuarantinedMutation,
  type Quarantined,
  type QuarantineReason,
  type QuarantineState,
} from "@/api";
import { problemOf, type Problem } from "@/api/problem";
import { marketData } from "@/i18n/en/marketData";
import { DataState } from "@/ui/DataState";
import { Time } from "@/ui/Time";
import { toastSuccess } from "@/ui/toasts";
import { useDebounced } from "@/ui/useDebounced";
import { WriteButton } from "@/ui/WriteButton";
import { ReasonDialog } from "@/ui/ReasonDialog";
import "@/i18n/marketData";

const PAGE_SIZE = 25;
const REST_MS = 300;
const REASONS = Object.keys(marketData.reasons) as QuarantineReason[];
const STATES = Object.keys(marketData.states) as QuarantineState[];

interface Wanted {
  reason?: QuarantineReason;
  state?: QuarantineState;
  instrument?: string;
  source?: string;
}

/** The prices that were put aside, newest first, by filters. */
export function QualityList() {
  const { t } = useTranslation();
  const [reason, setReason] = useState<QuarantineReason | "">("");
  const [state, setState] = useState<QuarantineState | "">("");
  const [typed, setTyped] = useState({ instrument: "", source: "" });
  const instrument = useDebounced(typed.instrument.trim(), REST_MS);
  const source = useDebounced(typed.source.trim(), REST_MS);
  const wanted: Wanted = { reason: reason || undefined, state: state || undefined, instrument: instrument || undefined, source: source || undefined };
  return (
    <Box component="section" aria-labelledby="quality-list" sx={{ minWidth: 0 }}>
      <Typography id="quality-list" variant="h2" sx={{ mb: 1.5 }}>
        {t("marketData.quality.list")}
      </Typography>
      <Box component="search" sx={{ display: "grid", gap: 1.5, mb: 2, gridTemplateColumns: { xs: "1fr 1fr", md: "repeat(4, 1fr)" } }}>
        <Choice label={t("marketData.quality.filters.reason")} value={reason} onChange={setReason} options={REASONS} words={(one) => t(`marketData.reasons.${one}`)} />
        <Choice label={t("marketData.quality.filters.state")} value={state} onChange={setState} options={STATES} words={(one) => t(`marketData.states.${one}`)} />
        {(["instrument", "source"] as const).map((name) => (
          <TextField
            key={name}
            type="search"
            label={t(`marketData.quality.filters.${name}`)}
            placeholder={name === "instrument" ? t("marketData.quality.filters.hint") : undefined}
            value={typed[name]}
            onChange={(event) => setTyped({ ...typed, [name]: event.target.value })}
            slotProps={{ htmlInput: { maxLength: name === "instrument" ? 60 : 40 }, inputLabel: { shrink: true } }}
          />
        ))}
      </Box>
      <Pages key={JSON.stringify(wanted)} wanted={wanted} />
    </Box>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T | "";
  onChange: (value: T | "") => void;
  options: T[];
  words: (value: T) => string;
}

function Choice<T extends string>({ label, value, onChange, options, words }: ChoiceProps<T>) {
  const { t } = useTranslation();
  return (
    <TextField
      select
      label={label}
      value={value}
      onChange={(event) => onChange(event.target.value as T | "")}
      slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
    >
      <MenuItem value="">{t("marketData.quality.filters.any")}</MenuItem>
      {options.map((one) => (
        <MenuItem key={one} value={one}>
          {words(one)}
        </MenuItem>
      ))}
    </TextField>
  );
}

function Pages({ wanted }: { wanted: Wanted }) {
  const [cursors, setCursors] = useState<(string | undefined)[]>([undefined]);
  return (
    <Card>
      {cursors.map((cursor, index) => (
        <OnePage key={cursor ?? ""} wanted={wanted} cursor={cursor} onMore={index === cursors.length - 1 ? (next) => setCursors([...cursors, next]) : null} />
      ))}
    </Card>
  );
}

function OnePage({ wanted, cursor, onMore }: { wanted: Wanted; cursor: string | undefined; onMore: ((next: string) => void) | null }) {
  const { t } = useTranslation();
  const query = useListQuarantinedQuery({ ...wanted, limit: PAGE_SIZE, cursor });
  return (
    <DataState
      query={query}
      what={t("marketData.what.quarantined")}
      skeleton={<Skeleton variant="rounded" height={200} sx={{ m: 2.5 }} />}
      isEmpty={(page) => cursor === undefined && page.items.length === 0}
      empty={
        <Typography color="textSecondary" sx={{ p: 4, textAlign: "center" }}>
          {t("marketData.quality.empty")}
        </Typography>
      }
    >
      {(page) => (
        <>
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {page.items.map((one) => (
              <Row key={one.id} one={one} />
            ))}
          </Box>
          {onMore !== null && page.next_cursor !== null && (
            <Button fullWidth onClick={() => onMore(page.next_cursor as string)} sx={{ borderRadius: 0 }}>
              {t("ui.more")}
            </Button>
          )}
        </>
      )}
    </DataState>
  );
}

function Row({ one }: { one: Quarantined }) {
  const { t } = useTranslation();
  const [release] = useReleaseQuarantinedMutation();
  const [dismiss] = useDismissQuarantinedMutation();
  const [asked, setAsked] = useState<"release" | "dismiss" | null>(null);

  async function decide(word: "release" | "dismiss", reason: string): Promise<Problem | null> {
    const answer = await (word === "release" ? release : dismiss)({ quarantineId: one.id, marketQuarantineDecisionIn: { reason } });
    if (answer.error !== undefined) return problemOf(answer.error);
    toastSuccess(t(word === "release" ? "marketData.quality.released" : "marketData.quality.dismissed"));
    return null;
  }

  return (
    <Box component="li" sx={{ display: "grid", gap: 0.75, px: { xs: 2, sm: 2.5 }, py: 1.75, borderTop: 1, borderColor: "divider", "&:first-of-type": { borderTop: 0 } }}>
      <Box sx={{ display: "flex", justifyContent: "space-between", flexWrap: "wrap", gap: 1 }}>
        <Typography sx={{ fontWeight: 650 }}>
          {one.instrument} · {t(`marketData.reasons.${one.reason}`)}
        </Typography>
        <Chip size="small" variant={one.state === "open" ? "filled" : "outlined"} label={t(`marketData.states.${one.state}`)} />
      </Box>
      <Typography variant="body2" className="figures">
        {one.price}
        {one.before !== null && ` (${t("marketData.quality.before", { price: one.before })})`} · {one.source} · {t("marketData.quality.times", { count: one.times })} ·{" "}
        <Time iso={one.received_at} />
      </Typography>
      {one.decision !== null && (
        <Typography variant="body2" color="textSecondary" sx={{ overflowWrap: "anywhere" }}>
          {one.decision}
        </Typography>
      )}
      {one.state === "open" && (
        <Box sx={{ display: "flex", gap: 1, flexWrap: "wrap" }}>
          {one.may_release && (
            <WriteButton size="small" variant="contained" onClick={() => setAsked("release")} aria-label={t("marketData.quality.releaseOf", { instrument: one.instrument })}>
              {t("marketData.quality.release")}
            </WriteButton>
          )}
          <WriteButton
            size="small"
            variant="outlined"
            color="inherit"
            onClick={() => setAsked("dismiss")}
            aria-label={t("marketData.quality.dismissOf", { instrument: one.instrument })}
          >
            {t("marketData.quality.dismiss")}
          </WriteButton>
        </Box>
      )}
      {asked !== null && (
        <ReasonDialog
          title={t(`marketData.quality.${asked}Of`, { instrument: one.instrument })}
          consequence={t(`marketData.quality.${asked}Consequence`)}
          confirmLabel={t(`marketData.quality.${asked}`)}
          hint={t("staff.reasonNeeded")}
          onConfirm={(reason) => decide(asked, reason)}
          onClose={() => setAsked(null)}
        />
      )}
    </Box>
  );
}
