import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import TextField from "@mui/material/TextField";
import { useId, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "@/api/problem";
import { useProblemText } from "@/ui/problemText";

interface NameDialogProps {
  title: string;
  name: string;
  confirmLabel: string;
  /** Does it; gives what was refused, or null. */
  onConfirm: (name: string) => Promise<Problem | null>;
  onClose: () => void;
}

const LONGEST = 60;

/** Asks for the name of a list. */
export function NameDialog({ title, name, confirmLabel, onConfirm, onClose }: NameDialogProps) {
  const { t } = useTranslation();
  const id = useId();
  const textOf = useProblemText();
  const [text, setText] = useState(name);
  const [isMissing, setMissing] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  async function confirm(event: FormEvent) {
    event.preventDefault();
    if (text.trim() === "") {
      setMissing(true);
      return;
    }
    setBusy(true);
    const refused = await onConfirm(text.trim());
    setBusy(false);
    if (refused === null) onClose();
    else setProblem(refused);
  }

  return (
    <Dialog open onClose={onClose} aria-labelledby={id} maxWidth="xs" fullWidth>
      <form noValidate onSubmit={(event) => void confirm(event)}>
        <DialogTitle id={id}>{title}</DialogTitle>
        <DialogContent sx={{ display: "grid", gap: 2 }}>
          {problem !== null && (
            <Alert severity="error" role="alert">
              {problem.code === "conflict" ? problem.detail : textOf(problem)}
            </Alert>
          )}
          <TextField
            label={t("watchlists.name")}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setMissing(false);
            }}
            autoFocus
            margin="dense"
            error={isMissing}
            helperText={isMissing ? t("watchlists.nameNeeded") : undefined}
            slotProps={{ htmlInput: { maxLength: LONGEST } }}
          />
        </DialogContent>
        <DialogActions sx={{ px: 3, pb: 2.5 }}>
          <Button onClick={onClose} color="inherit">
            {t("ui.cancel")}
          </Button>
          <Button type="submit" variant="contained" loading={isBusy}>
            {confirmLabel}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
