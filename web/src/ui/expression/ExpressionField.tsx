import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Blocks } from "./Blocks";
import { newCondition } from "./choices";
import { CodeField } from "./CodeField";
import { holdsText, pathAt, written, type Part } from "./parts";
import Presets from "./Presets";
import { useReading, useVocabulary } from "./useReading";
import "@/i18n/expressions";

interface ExpressionFieldProps {
  label: string;
  value: string;
  hint: string;
  /** What the API refused when it was to be saved or checked. */
  error: string | null;
  /** Takes the text, and the bars that go with a ready-made condition. */
  onWrite: (expression: string, interval?: "1m" | "5m" | "15m" | "1h" | "1d") => void;
  /** Whether ready-made conditions are offered. */
  presets?: boolean;
}

/** An expression as a text and as blocks, which are two views of one thing: a change in one is seen in the other. */
export default function ExpressionField({ label, value, hint, error, onWrite, presets = true }: ExpressionFieldProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(true);
  const vocabulary = useVocabulary();
  const { root: read, mistake } = useReading(value);
  // What the blocks have written is shown as they are, also where it cannot be read: a field may stand empty for a moment.
  const [own, setOwn] = useState<{ text: string; root: Part } | null>(null);
  const [last, setLast] = useState<Part | null>(null);
  if (read !== null && read !== last) setLast(read);
  const mine = own !== null && own.text === value ? own.root : null;
  const root = mine !== null && !(holdsText(mine) && read !== null) ? mine : (read ?? (mistake === null && value.trim() !== "" ? last : null));

  function build(next: Part) {
    const { text } = written(next);
    setOwn({ text, root: next });
    onWrite(text);
  }

  return (
    <Box sx={{ display: "grid", gap: 2, gridTemplateColumns: { xs: "minmax(0, 1fr)", sm: "repeat(2, minmax(0, 1fr))" }, gridColumn: "1 / -1" }}>
      {presets && <Presets expression={value} onWrite={({ expression, interval }) => onWrite(expression, interval)} />}
      <CodeField label={label} value={value} onWrite={(text) => onWrite(text)} hint={hint} error={mistake?.message ?? error} column={mistake?.column ?? null} vocabulary={vocabulary} />
      <Box sx={{ gridColumn: "1 / -1" }}>
        <Button size="small" aria-expanded={open} onClick={() => setOpen(!open)}>{t(open ? "expressions.hide" : "expressions.show")}</Button>
        {open && vocabulary !== undefined && (
          <Box role="group" aria-label={t("expressions.blocks", { label })} sx={{ mt: 1 }}>
            {root !== null ? (
              <Blocks root={root} onChange={build} vocabulary={vocabulary} wrong={mistake?.column == null ? null : pathAt(written(root), mistake.column)} />
            ) : value.trim() === "" ? (
              <Button variant="outlined" onClick={() => build(newCondition())}>{t("expressions.addFirst")}</Button>
            ) : (
              mistake !== null && <Typography variant="body2" color="textSecondary">{t("expressions.unread")}</Typography>
            )}
          </Box>
        )}
      </Box>
    </Box>
  );
}
