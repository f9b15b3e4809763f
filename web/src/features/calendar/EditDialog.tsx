import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import TextField from "@mui/material/TextField";
import { useId, useState, type FormEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { problemOf, type Problem } from "@/api/problem";
import { useProblemText } from "@/ui/problemText";
import { toastSuccess } from "@/ui/toasts";

interface EditDialogProps {
  title: string;
  /** Whether all that is asked besides the reason is there. */
  isComplete: boolean;
  children: ReactNode;
  onSave: (reason: string) => Promise<{ error?: unknown }>;
  onClose: () => void;
}

const LONGEST = 500;

/** Asks how something shall be and why, and says what was refused. */
export function EditDialog({ title, isComplete, children, onSave, onClose }: EditDialogProps) {
  const { t } = useTranslation();
  const id = useId();
  const textOf = useProblemText();
  const [reason, setReason] = useState("");
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const isMissing = isTried && reason.trim().length < 3;

  async function save(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (!isComplete || reason.trim().length < 3) return;
    setBusy(true);
    const { error } = await onSave(reason.trim());
    setBusy(false);
    if (error !== undefined) setProblem(problemOf(error));
    else {
      toastSuccess(t("calendar.saved"));
      onClose();
    }
  }

  return (
    <Dialog open onClose={onClose} aria-labelledby={id} maxWidth="xs" fullWidth>
      <form noValidate onSubmit={(event) => void save(event)}>
        <DialogTitle id={id}>{title}</DialogTitle>
        <DialogContent sx={{ display: "grid", gap: 2, "&&": { pt: 1 } }}>
          {problem !== null && (
            <Alert severity="error" role="alert">
              {problem.errors[0]?.message ?? textOf(problem)}
            </Alert>
          )}
          {isTried && !isComplete && (
            <Alert severity="error" role="alert">
              {t("calendar.needed")}
            </Alert>
          )}
          {children}
          <TextField
            label={t("calendar.reason")}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            error={isMissing}
            helperText={isMissing ? t("calendar.needed") : t("calendar.reasonHint")}
            slotProps={{ htmlInput: { maxLength: LONGEST } }}
          />
        </DialogContent>
        <DialogActions sx={{ px: 3, pb: 2.5 }}>
          <Button onClick={onClose} color="inherit">
            {t("ui.cancel")}
          </Button>
          <Button type="submit" variant="contained" loading={isBusy}>
            {t("calendar.save")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
