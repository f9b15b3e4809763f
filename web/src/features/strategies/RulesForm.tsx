import Box from "@mui/material/Box";
import Chip from "@mui/material/Chip";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useCheckStrategyMutation } from "@/api";
import { messageFor, problemOf, type Problem } from "@/api/problem";
import { Choose } from "@/ui/Choose";
import ExpressionField from "@/ui/expression/ExpressionField";
import { Section } from "@/ui/Section";
import { StockField } from "@/ui/StockField";
import { useDebounced } from "@/ui/useDebounced";
import { INTERVALS, KINDS, LEVELS, rulesOf, SIDES, SIZES, type Distance, type Fields } from "./fields";
import "@/i18n/strategies";

const TWO = { display: "grid", gap: 2, gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" } } as const;
const MOST_STOCKS = 100;

interface RulesFormProps {
  fields: Fields;
  put: (more: Partial<Fields>) => void;
  instruments: readonly string[];
  onInstruments: (instruments: string[]) => void;
  /** What the API refused when it was to be saved. */
  problem: Problem | null;
  tried: boolean;
}

/** A strategy's rules, said in words above while they are written. */
export function RulesForm({ fields, put, instruments, onInstruments, problem: refused, tried }: RulesFormProps) {
  const { t } = useTranslation();
  const check = useCheck(fields, instruments);
  const problem = refused ?? check.problem;
  const wrong = (member: string) => (problem === null ? null : messageFor(problem, `rules/${member}`));
  return (
    <>
      <Box sx={{ p: 2, borderRadius: 2.5, bgcolor: "action.hover" }}>
        <Typography sx={{ fontWeight: 600 }} className="figures" aria-live="polite">
          {check.words ?? t("strategies.form.start")}
        </Typography>
      </Box>
      <Section title={t("strategies.form.stocks")}>
        <Stocks instruments={instruments} onInstruments={onInstruments} missing={tried && instruments.length === 0} />
        {problem !== null && messageFor(problem, "instruments") !== null && (
          <Typography color="error" variant="body2" sx={{ mt: 1 }}>{messageFor(problem, "instruments")}</Typography>
        )}
      </Section>
      <Section title={t("strategies.form.entry")}>
        <Box sx={{ ...TWO, mb: 2 }}>
          <Choose label={t("strategies.form.interval")} value={fields.interval} options={INTERVALS} nameOf={(name) => t(`strategies.form.intervals.${name}`)} onChange={(interval) => put({ interval: interval as Fields["interval"] })} />
          <Choose label={t("strategies.form.side")} value={fields.side} options={SIDES} nameOf={(name) => t(`strategies.form.sides.${name}`)} onChange={(side) => put({ side: side as Fields["side"] })} />
        </Box>
        <ExpressionField label={t("strategies.form.entry")} value={fields.entry} hint={t("strategies.form.expressionHint")} error={fields.entry.trim() === "" && !tried ? null : wrong("entry")} onWrite={(entry) => put({ entry })} />
      </Section>
      <Section title={t("strategies.form.exit")}>
        <ExpressionField label={t("strategies.form.exit")} value={fields.exit} hint={t("strategies.form.exitHint")} error={fields.entry.trim() === "" && !tried ? null : wrong("exit")} onWrite={(exit) => put({ exit })} />
        <Box sx={{ display: "grid", gap: 2, mt: 2 }}>
          {LEVELS.map((level) => (
            <DistanceField key={level} name={t(`strategies.form.${level}`)} value={fields[level]} error={wrong(level)} onChange={(distance) => put({ [level]: distance })} />
          ))}
          <TextField
            label={t("strategies.form.maxBars")}
            value={fields.maxBars}
            onChange={(event) => put({ maxBars: event.target.value })}
            helperText={wrong("max_bars") ?? t("strategies.form.maxBarsHint")}
            error={wrong("max_bars") !== null}
            slotProps={{ htmlInput: { inputMode: "numeric", autoComplete: "off" } }}
          />
        </Box>
      </Section>
      <Section title={t("strategies.form.size")}>
        <Box sx={TWO}>
          <Choose label={t("strategies.form.size")} value={fields.sizeKind} options={SIZES} nameOf={(name) => t(`strategies.form.sizes.${name}`)} onChange={(kind) => put({ sizeKind: kind as Fields["sizeKind"] })} />
          <TextField
            label={t("strategies.form.amount")}
            value={fields.size}
            onChange={(event) => put({ size: event.target.value })}
            error={wrong("size") !== null}
            helperText={wrong("size")}
            slotProps={{ htmlInput: { inputMode: "decimal", autoComplete: "off", className: "figures" } }}
          />
          <TextField
            label={t("strategies.form.maxPositions")}
            value={fields.maxPositions}
            onChange={(event) => put({ maxPositions: event.target.value })}
            error={wrong("max_positions") !== null}
            helperText={wrong("max_positions")}
            slotProps={{ htmlInput: { inputMode: "numeric", autoComplete: "off" } }}
          />
        </Box>
      </Section>
    </>
  );
}

function DistanceField({ name, value, error, onChange }: { name: string; value: Distance; error: string | null; onChange: (value: Distance) => void }) {
  const { t } = useTranslation();
  const numeric = { htmlInput: { inputMode: "decimal", autoComplete: "off", className: "figures" } } as const;
  return (
    <Box sx={{ display: "grid", gap: 2, gridTemplateColumns: { xs: "1fr", sm: "2fr 1fr 1fr" } }}>
      <Choose label={name} value={value.kind} options={KINDS} nameOf={(kind) => t(`strategies.form.kinds.${kind}`)} onChange={(kind) => onChange({ ...value, kind: kind as Distance["kind"] })} />
      {value.kind !== "none" && (
        <TextField label={t("strategies.form.amountOf", { what: name })} value={value.amount} onChange={(event) => onChange({ ...value, amount: event.target.value })} error={error !== null} helperText={error} slotProps={numeric} />
      )}
      {value.kind === "atr" && (
        <TextField label={t("strategies.form.period", { what: name })} value={value.period} onChange={(event) => onChange({ ...value, period: event.target.value })} slotProps={numeric} />
      )}
    </Box>
  );
}

function Stocks({ instruments, onInstruments, missing }: { instruments: readonly string[]; onInstruments: (instruments: string[]) => void; missing: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      <Box component="ul" aria-label={t("strategies.form.stocks")} sx={{ display: "flex", flexWrap: "wrap", gap: 1, m: 0, p: 0, mb: instruments.length > 0 ? 2 : 0, listStyle: "none" }}>
        {instruments.map((name) => (
          <li key={name}>
            <Chip label={name} onClick={() => onInstruments(instruments.filter((each) => each !== name))} onDelete={() => onInstruments(instruments.filter((each) => each !== name))} aria-label={t("strategies.form.remove", { name })} />
          </li>
        ))}
      </Box>
      {instruments.length < MOST_STOCKS && (
        <StockField
          // A new field after each choice, so that the next can be typed at once.
          key={instruments.length}
          value={null}
          label={t("strategies.form.addStock")}
          error={missing ? t("strategies.form.stocksNeeded") : undefined}
          onChange={(choice) => choice !== null && onInstruments([...new Set([...instruments, choice.instrument])])}
        />
      )}
    </>
  );
}

/** Have the API read the rules, a moment after the last key. */
function useCheck(fields: Fields, instruments: readonly string[]) {
  const [ask, { data, error }] = useCheckStrategyMutation();
  const wanted = fields.entry.trim() === "" || instruments.length === 0 ? "" : JSON.stringify({ rules: rulesOf(fields), instruments });
  const settled = useDebounced(wanted, 400);
  useEffect(() => {
    if (settled === "") return;
    const asked = ask({ signalsStrategyRules: JSON.parse(settled) });
    return () => asked.abort();
  }, [settled, ask]);
  const isCurrent = settled !== "" && settled === wanted;
  return {
    words: isCurrent && error === undefined ? data?.words : undefined,
    problem: isCurrent && error !== undefined ? problemOf(error) : null,
  };
}
