import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSetCalendarEndMutation } from "@/api";
import { EditDialog } from "./EditDialog";

/** Say until when the days of an exchange are known. */
export function EndDialog({ exchange, end, onClose }: { exchange: string; end: string; onClose: () => void }) {
  const { t } = useTranslation();
  const [move] = useSetCalendarEndMutation();
  const [until, setUntil] = useState(end);
  return (
    <EditDialog
      title={t("calendar.endTitle", { exchange })}
      isComplete={until !== ""}
      onSave={(reason) => move({ exchange, marketEndChange: { covered_until: until, reason } })}
      onClose={onClose}
    >
      <TextField type="date" label={t("calendar.end")} value={until} onChange={(event) => setUntil(event.target.value)} slotProps={{ inputLabel: { shrink: true } }} />
    </EditDialog>
  );
}
