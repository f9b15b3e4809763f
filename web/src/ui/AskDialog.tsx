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

export interface AskDialogProps {
  title: string;
  /** What follows, spelled out. */
  consequence?: string;
  confirmLabel: string;
  label: string;
  hint?: string;
  /** Said where the text is shorter than `shortest`. */
  needed: string;
  text?: string;
  shortest?: number;
  longest: number;
  isLong?: boolean;
  /** Asked besides the text. */
  children?: ReactNode;
  /** Does it; gives what was refused, or null. */
  onConfirm: (text: string) => Promise<Problem | null>;
  onClose: () => void;
}

/** Problems whose own words say more than ours of their code. */
const TOLD_AS_THEY_ARE = new Set(["permission_denied", "conflict"]);

/** Asks for a text before something is done, and stays open with what was refused. */
export function AskDialog({ title, consequence, confirmLabel, label, hint, needed, text = "", shortest = 1, longest, isLong = false, children, onConfirm, onClose }: AskDialogProps) {
  const { t } = useTranslation();
  const id = useId();
  const textOf = useProblemText();
  const [typed, setTyped] = useState(text);
  const [isMissing, setMissing] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  async function confirm(event: FormEvent) {
    event.preventDefault();
    if (typed.trim().length < shortest) return setMissing(true);
    setBusy(true);
    setProblem(null);
    const refused = await onConfirm(typed.trim());
    setBusy(false);
    return refused === null ? onClose() : setProblem(refused);
  }

  return (
    <Dialog open onClose={onClose} aria-labelledby={`${id}-title`} aria-describedby={consequence === undefined ? undefined : `${id}-text`} maxWidth="xs" fullWidth>
      <form noValidate onSubmit={(event) => void confirm(event)}>
        <DialogTitle id={`${id}-title`}>{title}</DialogTitle>
        <DialogContent sx={{ display: "grid", gap: 2 }}>
          {consequence !== undefined && <DialogContentText id={`${id}-text`}>{consequence}</DialogContentText>}
          {problem !== null && (
            <Alert severity="error" role="alert">{TOLD_AS_THEY_ARE.has(problem.code) ? problem.detail : textOf(problem)}</Alert>
          )}
          {children}
          <TextField
            label={label}
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value);
              setMissing(false);
            }}
            multiline={isLong}
            minRows={isLong ? 2 : undefined}
            autoFocus
            margin="dense"
            error={isMissing}
            helperText={isMissing ? needed : hint}
            slotProps={{ htmlInput: { maxLength: longest } }}
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
