import Box from "@mui/material/Box";
import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import "@/i18n/conditions";
import { isGood, PATTERNS, PLACES, PRESETS, written, type PresetValue, type PresetValues } from "./presets";
import type { RuleFields } from "./rule";

interface PresetsProps {
  /** Takes the text that a preset writes, and the bars that go with it. */
  onWrite: (written: Pick<RuleFields, "expression" | "interval">) => void;
}

/** Choose a ready-made condition and its values: it writes the expression below, which stays free to be edited. */
export default function Presets({ onWrite }: PresetsProps) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [values, setValues] = useState<PresetValues>({});
  const preset = PRESETS.find((each) => each.name === name);

  function choose(chosen: string) {
    const next = PRESETS.find((each) => each.name === chosen);
    setName(chosen);
    setValues(next?.values ?? {});
    if (next !== undefined) onWrite({ expression: written(next, next.values), interval: next.interval });
  }

  function put(member: PresetValue, value: string) {
    const next = { ...values, [member]: value };
    setValues(next);
    if (preset !== undefined) onWrite({ expression: written(preset, next), interval: preset.interval });
  }

  return (
    <Box sx={{ display: "grid", gap: 2, gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" }, gridColumn: "1 / -1" }}>
      <TextField select label={t("conditions.presets.label")} value={name} onChange={(event) => choose(event.target.value)} sx={{ gridColumn: "1 / -1" }} helperText={t("conditions.presets.hint")}>
        {PRESETS.map((each) => (
          <MenuItem key={each.name} value={each.name}>
            {t(`conditions.presets.names.${each.name as "high"}`)}
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
    const options: readonly string[] = member === "pattern" ? PATTERNS : PLACES;
    const words = member === "pattern" ? "patterns" : "places";
    return (
      <TextField select label={label} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((each) => (
          <MenuItem key={each} value={each}>
            {t(`conditions.presets.${words}.${each}` as "conditions.presets.places.india")}
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
