import Checkbox from "@mui/material/Checkbox";
import FormControl from "@mui/material/FormControl";
import FormControlLabel from "@mui/material/FormControlLabel";
import FormGroup from "@mui/material/FormGroup";
import FormHelperText from "@mui/material/FormHelperText";
import FormLabel from "@mui/material/FormLabel";
import { useTranslation } from "react-i18next";
import { textKeyOf } from "./scopes";

interface ScopeBoxesProps<S extends string> {
  offered: readonly S[];
  chosen: readonly S[];
  /** Whether to say that one is needed. */
  missing: boolean;
  hint?: string;
  onChange: (chosen: S[]) => void;
}

/** Scopes to tick, in plain words. */
export function ScopeBoxes<S extends string>({ offered, chosen, missing, hint, onChange }: ScopeBoxesProps<S>) {
  const { t } = useTranslation();
  const help = missing ? t("integrations.keys.mayNeeded") : hint;
  return (
    <FormControl component="fieldset" error={missing}>
      <FormLabel component="legend">{t("integrations.keys.may")}</FormLabel>
      <FormGroup>
        {offered.map((scope) => {
          const key = textKeyOf(scope);
          return (
            <FormControlLabel
              key={scope}
              label={key === null ? scope : t(key)}
              control={
                <Checkbox
                  checked={chosen.includes(scope)}
                  onChange={(_, on) => onChange(on ? [...chosen, scope] : chosen.filter((one) => one !== scope))}
                />
              }
            />
          );
        })}
      </FormGroup>
      {help !== undefined && <FormHelperText>{help}</FormHelperText>}
    </FormControl>
  );
}
