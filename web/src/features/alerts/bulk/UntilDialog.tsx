import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import TextField from "@mui/material/TextField";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";

interface UntilDialogProps {
  action: "snooze" | "extend";
  busy: boolean;
  /** null: no snooze, or no end. */
  onRun: (until: string | null) => void;
  onClose: () => void;
}

/** Asks until when alerts are to be silent, or to live. */
export function UntilDialog({ action, busy, onRun, onClose }: UntilDialogProps) {
  const { t } = useTranslation();
  const id = useId();
  const [text, setText] = useState("");
  const [isTried, setTried] = useState(false);
  const at = Date.parse(text);
  const isBad = !(at > Date.now());

  function run() {
    setTried(true);
    if (!isBad) onRun(new Date(at).toISOString());
  }

  return (
    <Dialog open onClose={onClose} aria-labelledby={id} maxWidth="xs" fullWidth>
      <DialogTitle id={id}>{t(`bulk.until.${action}`)}</DialogTitle>
      <DialogContent>
        <TextField
          margin="dense"
          type="datetime-local"
          label={t(`bulk.until.${action}`)}
          value={text}
          onChange={(event) => setText(event.target.value)}
          error={isTried && isBad}
          helperText={t(isTried && isBad ? "bulk.until.needed" : "bulk.until.hint")}
          slotProps={{ inputLabel: { shrink: true } }}
        />
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2.5 }}>
        <Button onClick={onClose} color="inherit">{t("ui.cancel")}</Button>
        <Button onClick={() => onRun(null)} disabled={busy}>{t(action === "snooze" ? "bulk.until.wake" : "bulk.until.never")}</Button>
        <Button onClick={run} loading={busy} variant="contained">{t("bulk.until.ok")}</Button>
      </DialogActions>
    </Dialog>
  );
}
