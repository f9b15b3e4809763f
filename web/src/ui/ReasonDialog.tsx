import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogContentText from "@mui/material/DialogContentText";
import DialogTitle from "@mui/material/DialogTitle";
import TextField from "@mui/material/TextField";
import { useId, useState, type FormEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "@/api/problem";
import { useProblemText } from "@/ui/problemText";
import "@/i18n/staff";

interface ReasonDialogProps {
  title: string;
  consequence: string;
  confirmLabel: string;
  hint?: string;
  /** Asked besides the reason. */
  children?: ReactNode;
  /** Does it; gives what was refused, or null. */
  onConfirm: (reason: string) => Promise<Problem | null>;
  onClose: () => void;
}

const SHORTEST = 3;
const LONGEST = 500;

/** Asks before something is done to another person: what follows, and why it is done. */
export function ReasonDialog({ title, consequence, confirmLabel, hint, children, onConfirm, onClose }: ReasonDialogProps) {
  const { t } = useTranslation();
  const id = useId();
  const textOf = useProblemText();
  const [reason, setReason] = useState("");
  const [isMissing, setMissing] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  async function confirm(event: FormEvent) {
    event.preventDefault();
    if (reason.trim().length < SHORTEST) {
      setMissing(true);
      return;
    }
    setBusy(true);
    setProblem(null);
    const refused = await onConfirm(reason.trim());
    setBusy(false);
    if (refused === null) onClose();
    else setProblem(refused);
  }

  return (
    <Dialog open onClose={onClose} aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`} maxWidth="xs" fullWidth>
      <form noValidate onSubmit={(event) => void confirm(event)}>
        <DialogTitle id={`${id}-title`}>{title}</DialogTitle>
        <DialogContent sx={{ display: "grid", gap: 2 }}>
          <DialogContentText id={`${id}-text`}>{consequence}</DialogContentText>
          {problem !== null && (
            <Alert severity="error" role="alert">
              {problem.code === "permission_denied" || problem.code === "conflict" ? problem.detail : textOf(problem)}
            </Alert>
          )}
          {children}
          <TextField
            label={t("staff.reason")}
            value={reason}
            onChange={(event) => {
              setReason(event.target.value);
              setMissing(false);
            }}
            multiline
            minRows={2}
            autoFocus
            error={isMissing}
            helperText={isMissing ? t("staff.reasonNeeded") : (hint ?? t("staff.reasonHint"))}
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
