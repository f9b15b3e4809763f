import Box from "@mui/material/Box";
import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import "@/i18n/conditions";
import "@/i18n/patterns";
import { CHART_PATTERNS, isGood, joined, JOINS, PATTERNS, PLACES, PRESETS, written, type Join, type Preset, type PresetValue, type PresetValues } from "./presets";

interface PresetsProps {
  /** What is written so far: another condition may join it. */
  expression: string;
  /** Takes the text that a preset writes, and the bars that go with it. */
  onWrite: (written: { expression: string; interval: Preset["interval"] }) => void;
}

/** Choose a ready-made condition and its values: it writes the expression below, which stays free to be edited. */
export default function Presets({ expression, onWrite }: PresetsProps) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [values, setValues] = useState<PresetValues>({});
  const [join, setJoin] = useState<Join>("replace");
  const [before, setBefore] = useState("");
  const preset = PRESETS.find((each) => each.name === name);

  function write(chosen: Preset, given: PresetValues, how: Join, behind: string) {
    onWrite({ expression: joined(behind, how, written(chosen, given)), interval: chosen.interval });
  }

  function choose(chosen: string) {
    const next = PRESETS.find((each) => each.name === chosen);
    if (next === undefined) return;
    setName(chosen);
    setValues(next.values);
    setBefore(expression.trim());
    write(next, next.values, join, expression.trim());
  }

  function put(member: PresetValue, value: string) {
    const next = { ...values, [member]: value };
    setValues(next);
    if (preset !== undefined) write(preset, next, join, before);
  }

  function joinBy(how: Join) {
    setJoin(how);
    if (preset !== undefined) write(preset, values, how, before);
  }

  return (
    <Box sx={{ display: "grid", gap: 2, gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" }, gridColumn: "1 / -1" }}>
      <TextField select label={t("conditions.presets.label")} value={name} onChange={(event) => choose(event.target.value)} helperText={t("conditions.presets.hint")}>
        {PRESETS.map((each) => (
          <MenuItem key={each.name} value={each.name}>
            {t(`conditions.presets.names.${each.name as "high"}`)}
          </MenuItem>
        ))}
      </TextField>
      <TextField select label={t("conditions.presets.join")} value={join} onChange={(event) => joinBy(event.target.value as Join)}>
        {JOINS.map((each) => (
          <MenuItem key={each} value={each}>
            {t(`conditions.presets.joins.${each}`)}
          </MenuItem>
        ))}
      </TextField>
      {(Object.keys(preset?.values ?? {}) as PresetValue[]).map((member) => (
        <Value key={member} member={member} value={values[member] ?? ""} onChange={(value) => put(member, value)} />
      ))}
    </Box>
  );
}

function Value({ member, value, onChange }: { member: PresetValue; value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation();
  const label = t(`conditions.presets.values.${member}`);
  if (member === "pattern" || member === "place") {
    const options =
      member === "place"
        ? PLACES.map((each) => ({ each, words: t(`conditions.presets.places.${each}`) }))
        : [
            ...PATTERNS.map((each) => ({ each, words: t(`conditions.presets.patterns.${each}`) })),
            ...CHART_PATTERNS.map((each) => ({ each, words: t(`patterns.names.${each}`) })),
          ];
    return (
      <TextField select label={label} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(({ each, words }) => (
          <MenuItem key={each} value={each}>
            {words}
          </MenuItem>
        ))}
      </TextField>
    );
  }
  const wrong = !isGood(member, value.trim());
  const type = member === "time" || member === "date" ? member : "text";
  return (
    <TextField
      type={type}
      label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      error={wrong}
      helperText={wrong ? t(member === "stock" ? "conditions.presets.stockWrong" : "conditions.presets.wrong") : undefined}
      slotProps={{ inputLabel: { shrink: type === "text" ? undefined : true }, htmlInput: { inputMode: member === "stock" ? "text" : "decimal", autoComplete: "off", className: "figures" } }}
    />
  );
}
