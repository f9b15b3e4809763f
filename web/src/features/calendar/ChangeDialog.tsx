import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSetCalendarDayMutation, type CalendarDay } from "@/api";
import { EditDialog } from "./EditDialog";

interface ChangeDialogProps {
  exchange: string;
  /** Empty to ask for it. */
  day: string;
  known: CalendarDay | null;
  onClose: () => void;
}

const KINDS = ["holiday", "special", "regular"] as const;
type Kind = (typeof KINDS)[number];

/** Make a day a holiday, a special session, or what its weekday says. */
export function ChangeDialog({ exchange, day: given, known, onClose }: ChangeDialogProps) {
  const { t } = useTranslation();
  const [change] = useSetCalendarDayMutation();
  const [day, setDay] = useState(given);
  const [kind, setKind] = useState<Kind>(known?.kind ?? "holiday");
  const [name, setName] = useState(known?.name ?? "");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const isSpecial = kind === "special";
  const isComplete = day !== "" && (kind === "regular" || name.trim() !== "") && (from === "") === (to === "");

  function save(reason: string) {
    const phases = isSpecial && from !== "" ? [{ phase: "open" as const, from, to }] : null;
    return change({ exchange, day, marketDayChange: { kind, name: kind === "regular" ? null : name.trim(), phases, reason } });
  }

  return (
    <EditDialog title={t("calendar.changeTitle", { exchange })} isComplete={isComplete} onSave={save} onClose={onClose}>
      <TextField type="date" label={t("calendar.day")} value={day} onChange={(event) => setDay(event.target.value)} disabled={given !== ""} slotProps={{ inputLabel: { shrink: true } }} />
      <TextField select label={t("calendar.kind")} value={kind} onChange={(event) => setKind(event.target.value as Kind)}>
        {KINDS.map((each) => (
          <MenuItem key={each} value={each}>
            {t(`calendar.kinds.${each}`)}
          </MenuItem>
        ))}
      </TextField>
      {kind !== "regular" && <TextField label={t("calendar.name")} value={name} onChange={(event) => setName(event.target.value)} slotProps={{ htmlInput: { maxLength: 120 } }} />}
      {isSpecial && (
        <>
          <TextField type="time" label={t("calendar.opens")} value={from} onChange={(event) => setFrom(event.target.value)} helperText={t("calendar.hoursHint")} slotProps={{ inputLabel: { shrink: true } }} />
          <TextField type="time" label={t("calendar.closes")} value={to} onChange={(event) => setTo(event.target.value)} slotProps={{ inputLabel: { shrink: true } }} />
        </>
      )}
    </EditDialog>
  );
}
