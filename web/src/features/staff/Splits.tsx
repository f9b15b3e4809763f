import Box from "@mui/material/Box";
import Chip from "@mui/material/Chip";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useConfirmSplitMutation, useListSplitsQuery, useListUnconfirmedSplitsQuery, useUndoSplitMutation, type Split } from "@/api";
import { problemOf, type Problem } from "@/api/problem";
import { DataState } from "@/ui/DataState";
import { Section } from "@/ui/Section";
import { toastSuccess } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import { ReasonDialog } from "@/ui/ReasonDialog";
import "@/i18n/companies";
import "@/i18n/marketData";

const LISTED = 20;

/** What the form holds, as it is typed. */
interface Asked {
  instrument: string;
  ex_date: string;
  old_shares: string;
  new_shares: string;
}

const NONE: Asked = { instrument: "", ex_date: "", old_shares: "1", new_shares: "2" };

/** The splits that staff confirmed; another one may be confirmed here. */
export function Splits() {
  const { t } = useTranslation();
  const query = useListSplitsQuery({ limit: LISTED });
  const [asked, setAsked] = useState<Asked | null>(null);
  return (
    <Section
      flush
      title={t("marketData.splits.title")}
      intro={t("marketData.splits.intro")}
      actions={
        <WriteButton variant="outlined" onClick={() => setAsked(NONE)}>
          {t("marketData.splits.confirm")}
        </WriteButton>
      }
    >
      <Announced onConfirm={setAsked} />
      <DataState
        query={query}
        what={t("marketData.what.splits")}
        skeleton={<Skeleton variant="rounded" height={80} sx={{ m: 2.5 }} />}
        isEmpty={(page) => page.items.length === 0}
        empty={
          <Typography color="textSecondary" sx={{ px: 2.5, pb: 2.5 }}>
            {t("marketData.splits.empty")}
          </Typography>
        }
      >
        {(page) => (
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {page.items.map((split) => (
              <Row key={split.id} split={split} />
            ))}
          </Box>
        )}
      </DataState>
      {asked !== null && <ConfirmSplit asked={asked} onClose={() => setAsked(null)} />}
    </Section>
  );
}

/** What companies announced and nobody confirmed: one press fills the form. */
function Announced({ onConfirm }: { onConfirm: (asked: Asked) => void }) {
  const { t } = useTranslation();
  const { data } = useListUnconfirmedSplitsQuery({ limit: LISTED });
  if (data === undefined || data.items.length === 0) return null;
  return (
    <Box sx={{ px: { xs: 2, sm: 3 }, pb: 2 }}>
      <Typography variant="h3">{t("companies.waiting.title")}</Typography>
      <Typography variant="body2" color="textSecondary">
        {t("companies.waiting.intro")}
      </Typography>
      <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
        {data.items.map((event) => (
          <Box key={event.id} component="li" sx={{ display: "flex", justifyContent: "space-between", gap: 2, py: 1 }}>
            <Typography variant="body2" sx={{ minWidth: 0, overflowWrap: "anywhere" }}>
              {event.instrument}, {event.day}: {event.words}
            </Typography>
            <WriteButton
              size="small"
              variant="outlined"
              aria-label={t("companies.waiting.confirmOf", { instrument: event.instrument })}
              onClick={() =>
                onConfirm({ instrument: event.instrument, ex_date: event.day, old_shares: String(event.old_shares ?? 1), new_shares: String(event.new_shares ?? 1) })
              }
            >
              {t("companies.waiting.confirm")}
            </WriteButton>
          </Box>
        ))}
      </Box>
    </Box>
  );
}

function Row({ split }: { split: Split }) {
  const { t } = useTranslation();
  const [undo] = useUndoSplitMutation();
  const [isAsking, setAsking] = useState(false);

  async function takeBack(reason: string): Promise<Problem | null> {
    const answer = await undo({ splitId: split.id, marketSplitUndoIn: { reason } });
    if (answer.error !== undefined) return problemOf(answer.error);
    toastSuccess(t("marketData.splits.isUndone"));
    return null;
  }

  return (
    <Box component="li" sx={{ display: "flex", justifyContent: "space-between", gap: 2, px: 2.5, py: 1.5, borderTop: 1, borderColor: "divider" }}>
      <Box sx={{ minWidth: 0 }}>
        <Typography sx={{ fontWeight: 650 }}>{split.instrument}</Typography>
        <Typography variant="body2" className="figures">
          {t("marketData.splits.ratio", { oldShares: split.old_shares, newShares: split.new_shares, day: split.ex_date })}
        </Typography>
        <Typography variant="body2" color="textSecondary" sx={{ overflowWrap: "anywhere" }}>
          {split.undo_reason ?? split.reason}
        </Typography>
      </Box>
      <Box>
        {split.undone_at === null ? (
          <WriteButton size="small" variant="outlined" color="inherit" onClick={() => setAsking(true)} aria-label={t("marketData.splits.undoOf", { instrument: split.instrument })}>
            {t("marketData.splits.undo")}
          </WriteButton>
        ) : (
          <Chip size="small" variant="outlined" label={t("marketData.splits.undone")} />
        )}
      </Box>
      {isAsking && (
        <ReasonDialog
          title={t("marketData.splits.undoOf", { instrument: split.instrument })}
          consequence={t("marketData.splits.undoConsequence")}
          confirmLabel={t("marketData.splits.undo")}
          hint={t("staff.reasonNeeded")}
          onConfirm={takeBack}
          onClose={() => setAsking(false)}
        />
      )}
    </Box>
  );
}

const FIELDS = [
  { name: "instrument", label: "instrument", type: "text" },
  { name: "ex_date", label: "exDate", type: "date" },
  { name: "old_shares", label: "oldShares", type: "number" },
  { name: "new_shares", label: "newShares", type: "number" },
] as const;

function ConfirmSplit({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  const { t } = useTranslation();
  const [confirm] = useConfirmSplitMutation();
  const [typed, setTyped] = useState(asked);
  const [problem, setProblem] = useState<Problem | null>(null);
  const problemAt = (name: string) => problem?.errors?.find(({ field }) => field === `/${name}`)?.message;

  async function send(reason: string): Promise<Problem | null> {
    const marketSplitIn = {
      instrument: typed.instrument.trim(),
      ex_date: typed.ex_date,
      old_shares: Number(typed.old_shares),
      new_shares: Number(typed.new_shares),
      reason,
    };
    const answer = await confirm({ marketSplitIn });
    if (answer.error !== undefined) {
      const refused = problemOf(answer.error);
      setProblem(refused);
      return refused;
    }
    toastSuccess(t("marketData.splits.confirmed"));
    return null;
  }

  return (
    <ReasonDialog
      title={t("marketData.splits.confirm")}
      consequence={t("marketData.splits.consequence")}
      confirmLabel={t("marketData.splits.confirm")}
      hint={t("staff.reasonNeeded")}
      onConfirm={send}
      onClose={onClose}
    >
      {FIELDS.map(({ name, label, type }) => (
        <TextField
          key={name}
          type={type}
          label={t(`marketData.splits.${label}`)}
          value={typed[name]}
          onChange={(event) => setTyped({ ...typed, [name]: event.target.value })}
          error={problemAt(name) !== undefined}
          helperText={problemAt(name)}
          slotProps={{ inputLabel: { shrink: true }, htmlInput: type === "number" ? { min: 1, max: 10000 } : { maxLength: 60 } }}
        />
      ))}
    </ReasonDialog>
  );
}
