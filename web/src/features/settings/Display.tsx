import Box from "@mui/material/Box";
import FormControlLabel from "@mui/material/FormControlLabel";
import MenuItem from "@mui/material/MenuItem";
import { useColorScheme } from "@mui/material/styles";
import Switch from "@mui/material/Switch";
import TextField from "@mui/material/TextField";
import { useTranslation } from "react-i18next";
import { INDIA, NEW_YORK } from "@/format/time";
import { usePreferences, usePreferencesDispatch } from "@/preferences/hooks";
import { PALETTES, paletteChosen, shortcutsSwitched, zoneChosen, type Palette } from "@/preferences/slice";

const ZONES = [INDIA, NEW_YORK, "UTC"] as const;
const MODES = ["light", "dark", "system"] as const;

/** What is kept in this browser: colours, zone, shortcuts. */
export function Display() {
  const { t } = useTranslation();
  const { palette, zone, shortcuts } = usePreferences();
  const { mode = "system", setMode } = useColorScheme();
  const dispatch = usePreferencesDispatch();
  return (
    <Box sx={{ display: "grid", gap: 2, gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" } }}>
      <TextField select label={t("shell.theme")} value={mode} onChange={(event) => setMode(event.target.value as (typeof MODES)[number])}>
        {MODES.map((each) => (
          <MenuItem key={each} value={each}>
            {t(`shell.${each}`)}
          </MenuItem>
        ))}
      </TextField>
      <TextField select label={t("account.settings.palette")} value={palette} onChange={(event) => dispatch(paletteChosen(event.target.value as Palette))}>
        {PALETTES.map((each) => (
          <MenuItem key={each} value={each}>
            {t(`account.settings.palettes.${each}`)}
          </MenuItem>
        ))}
      </TextField>
      <TextField select label={t("account.settings.zone")} value={zone} onChange={(event) => dispatch(zoneChosen(event.target.value))}>
        {ZONES.map((each) => (
          <MenuItem key={each} value={each}>
            {t(`account.settings.zones.${each}`)}
          </MenuItem>
        ))}
      </TextField>
      <FormControlLabel
        control={<Switch checked={shortcuts} onChange={(_, on) => dispatch(shortcutsSwitched(on))} />}
        label={t("shell.shortcutsOn")}
      />
    </Box>
  );
}
