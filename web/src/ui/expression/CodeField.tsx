import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Paper from "@mui/material/Paper";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useId, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Vocabulary } from "./choices";
import { callAt, completed, completionAt, type CallAt, type Suggestion } from "./completion";
import "@/i18n/expressions";

const NO_WORDS: Vocabulary = { series: [], functions: [], intervals: [], own: [] };
const AROUND = 24;

interface CodeFieldProps {
  label: string;
  value: string;
  onWrite: (text: string) => void;
  hint: string;
  error: string | null;
  /** Where it goes wrong, counted from 1. */
  column: number | null;
  vocabulary?: Vocabulary;
}

/** The text of an expression: names are completed as they are typed, and a mistake is shown at its place. */
export function CodeField({ label, value, onWrite, hint, error, column, vocabulary = NO_WORDS }: CodeFieldProps) {
  const { t } = useTranslation();
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const goTo = useRef<number | null>(null);
  const [caret, setCaret] = useState<number | null>(null);
  // Where the last key was typed: only there is something suggested, not where the caret is moved to.
  const [typed, setTyped] = useState<{ text: string; caret: number } | null>(null);
  const [chosen, setChosen] = useState(0);
  const completion = typed !== null && typed.text === value && typed.caret === caret ? completionAt(value, caret, vocabulary) : null;
  const suggestions = completion?.suggestions ?? [];
  const call = caret === null ? null : callAt(value, caret, vocabulary);

  useLayoutEffect(() => {
    if (goTo.current === null) return;
    field.current?.setSelectionRange(goTo.current, goTo.current);
    goTo.current = null;
  }, [value]);

  function write(text: string, at: number) {
    setTyped({ text, caret: at });
    setCaret(at);
    setChosen(0);
    onWrite(text);
  }

  function accept(suggestion: Suggestion) {
    if (completion === null) return;
    const { text, caret: after } = completed(value, completion, suggestion);
    goTo.current = after;
    setTyped(null);
    setCaret(after);
    onWrite(text);
    field.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    const suggestion = suggestions[chosen];
    if (suggestion === undefined) return;
    if (event.key === "ArrowDown") setChosen((chosen + 1) % suggestions.length);
    else if (event.key === "ArrowUp") setChosen((chosen + suggestions.length - 1) % suggestions.length);
    else if (event.key === "Enter") accept(suggestion);
    else if (event.key === "Escape") setTyped(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function showPlace(at: number) {
    field.current?.focus();
    field.current?.setSelectionRange(at - 1, wordEnd(value, at - 1));
  }

  return (
    <Box sx={{ position: "relative", gridColumn: "1 / -1" }}>
      <TextField
        fullWidth
        multiline
        label={label}
        value={value}
        inputRef={field}
        onChange={({ target }) => write(target.value, target.selectionStart ?? target.value.length)}
        onSelect={({ target }) => setCaret((target as HTMLTextAreaElement).selectionStart)}
        onBlur={() => setCaret(null)}
        onKeyDown={onKeyDown}
        error={error !== null}
        helperText={error ?? (call === null ? hint : <Signature call={call} />)}
        slotProps={{
          htmlInput: {
            maxLength: 2000,
            spellCheck: false,
            autoComplete: "off",
            autoCapitalize: "none",
            className: "figures",
            "aria-autocomplete": "list",
            "aria-controls": suggestions.length > 0 ? id : undefined,
            "aria-activedescendant": suggestions.length > 0 ? `${id}-${chosen}` : undefined,
          },
        }}
      />
      <span className="visually-hidden" role="status">
        {suggestions.length > 0 && t("expressions.suggestions", { count: suggestions.length })}
      </span>
      {suggestions.length > 0 && (
        <Paper component="ul" role="listbox" id={id} aria-label={t("expressions.suggestionsOf")} elevation={6} sx={{ position: "absolute", zIndex: "modal", left: 0, right: 0, m: 0, p: 0.5, listStyle: "none" }}>
          {suggestions.map((suggestion, at) => (
            <Box
              component="li"
              role="option"
              id={`${id}-${at}`}
              key={suggestion.text}
              aria-selected={at === chosen}
              // The field keeps the focus.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => accept(suggestion)}
              sx={{ px: 1.5, py: 1, borderRadius: 1.5, cursor: "pointer", bgcolor: at === chosen ? "action.selected" : undefined, "&:hover": { bgcolor: "action.hover" } }}
            >
              <strong>{suggestion.text.replace(/\($/, "")}</strong>{" "}
              <Typography component="span" variant="body2" color="textSecondary">{suggestion.about}</Typography>
            </Box>
          ))}
        </Paper>
      )}
      {column !== null && column <= value.length && (
        <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1, mt: 0.5 }}>
          <Excerpt text={value} at={column - 1} />
          <Button size="small" onClick={() => showPlace(column)}>{t("expressions.goTo")}</Button>
        </Box>
      )}
    </Box>
  );
}

/** How the function is called whose argument is being written, and which argument that is. */
function Signature({ call: { signature, words, argument } }: { call: CallAt }) {
  const [name = "", rest] = signature.split(/\((.*)\)$/);
  const parts = rest?.split(", ") ?? [];
  return (
    <span>
      <span className="figures">
        {name}(
        {parts.map((part, at) => (
          <span key={part}>
            {at > 0 && ", "}
            {at === Math.min(argument, parts.length - 1) ? <strong>{part}</strong> : part}
          </span>
        ))}
        )
      </span>
      : {words}
    </span>
  );
}

/** The words around a mistake, for the eye; the message names the column. */
function Excerpt({ text, at }: { text: string; at: number }) {
  const end = wordEnd(text, at);
  return (
    <Box component="code" aria-hidden sx={{ overflowWrap: "anywhere", fontSize: 13 }}>
      {at > AROUND && "…"}
      {text.slice(Math.max(at - AROUND, 0), at)}
      <Box component="mark" sx={{ bgcolor: "error.main", color: "error.contrastText", borderRadius: 0.5, px: 0.25 }}>{text.slice(at, end)}</Box>
      {text.slice(end, end + AROUND)}
      {text.length > end + AROUND && "…"}
    </Box>
  );
}

function wordEnd(text: string, at: number): number {
  return at + (/^(\w+|.)/.exec(text.slice(at))?.[0].length ?? 1);
}
