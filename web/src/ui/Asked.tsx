import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogContentText from "@mui/material/DialogContentText";
import DialogTitle from "@mui/material/DialogTitle";
import Stack from "@mui/material/Stack";
import { useId, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "@/api/problem";
import { useProblemText } from "./problemText";

interface AskedProps {
  title: string;
  text: string;
  submit: string;
  busy: boolean;
  problem: Problem | null;
  danger?: boolean;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** A small form in a dialog: one thing that is asked before something is done. */
export function Asked({ title, text, submit, busy, problem, danger = false, onSubmit, onClose, children }: AskedProps) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const id = useId();
  return (
    <Dialog open onClose={onClose} aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`} maxWidth="xs" fullWidth>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <DialogTitle id={`${id}-title`}>{title}</DialogTitle>
        <DialogContent>
          <DialogContentText id={`${id}-text`} sx={{ mb: 2 }}>
            {text}
          </DialogContentText>
          <Stack sx={{ gap: 2 }}>
            {problem !== null && (
              <Alert severity="error" role="alert">
                {textOf(problem)}
              </Alert>
            )}
            {children}
          </Stack>
        </DialogContent>
        <DialogActions sx={{ px: 3, pb: 2.5 }}>
          <Button color="inherit" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <Button type="submit" variant="contained" color={danger ? "error" : "primary"} loading={busy}>
            {submit}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
