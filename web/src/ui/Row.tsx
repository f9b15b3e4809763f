import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { useState, type ReactNode } from "react";
import { problemOf } from "@/api/problem";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { useProblemText } from "@/ui/problemText";
import { toastProblem } from "@/ui/toasts";

/** One key or app of a list. */
export function Row({ title, children, actions }: { title: ReactNode; children: ReactNode; actions: ReactNode }) {
  return (
    <Box
      component="li"
      sx={{ display: "flex", flexWrap: "wrap", gap: 1.5, py: 1.5, borderTop: 1, borderColor: "divider", "&:first-of-type": { borderTop: 0 } }}
    >
      <Box sx={{ flex: "1 1 260px", minWidth: 0, overflowWrap: "anywhere" }}>
        <Typography component="div" sx={{ fontWeight: 600, display: "flex", gap: 1, alignItems: "center" }}>
          {title}
        </Typography>
        {children}
      </Box>
      <Box sx={{ display: "flex", gap: 1, alignItems: "flex-start" }}>{actions}</Box>
    </Box>
  );
}

interface AskedButtonProps {
  label: string;
  /** Says also what it is done to. */
  spoken: string;
  title: string;
  consequence: string;
  onConfirm: () => Promise<{ error?: unknown }>;
  onDone?: () => void;
}

/** A button that asks first, and says when it did not work. */
export function AskedButton({ label, spoken, title, consequence, onConfirm, onDone }: AskedButtonProps) {
  const textOf = useProblemText();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);

  async function confirm() {
    setBusy(true);
    const answer = await onConfirm();
    setBusy(false);
    setOpen(false);
    if (answer.error === undefined) onDone?.();
    else {
      const problem = problemOf(answer.error);
      toastProblem(textOf(problem), problem);
    }
  }

  return (
    <>
      <Button size="small" variant="outlined" aria-label={spoken} onClick={() => setOpen(true)}>
        {label}
      </Button>
      <ConfirmDialog open={open} title={title} consequence={consequence} confirmLabel={label} busy={busy} onConfirm={() => void confirm()} onClose={() => setOpen(false)} />
    </>
  );
}
