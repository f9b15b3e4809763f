import Box from "@mui/material/Box";
import FormControlLabel from "@mui/material/FormControlLabel";
import FormHelperText from "@mui/material/FormHelperText";
import MenuItem from "@mui/material/MenuItem";
import { useColorScheme } from "@mui/material/styles";
import Switch from "@mui/material/Switch";
import TextField from "@mui/material/TextField";
import { useTranslation } from "react-i18next";
import { useShowSettingsQuery, type SettingsChange } from "@/api";
import { INDIA, NEW_YORK } from "@/format/time";
import { usePreferences, usePreferencesDispatch } from "@/preferences/hooks";
import { useSetPreferences } from "@/preferences/settings";
import { DENSITIES, PALETTES, shortcutsSwitched, type Density, type Palette } from "@/preferences/slice";
import { toastProblem } from "@/ui/toasts";
import "@/i18n/account";
import "@/i18n/profile";
import "@/i18n/shell";

const ZONES = [INDIA, NEW_YORK, "UTC"] as const;
const MODES = ["light", "dark", "system"] as const;
const LOCALES = ["en-IN", "en-US"] as const;
const CURRENCIES = ["symbol", "code"] as const;

/** How the pages look and what is mailed: set here at once, and kept with the account for other devices. */
export function Display() {
  const { t } = useTranslation();
  const { palette, zone, shortcuts, density, money } = usePreferences();
  const { mode = "system" } = useColorScheme();
  const { data: settings } = useShowSettingsQuery();
  const dispatch = usePreferencesDispatch();
  const set = useSetPreferences();

  async function keep(change: SettingsChange) {
    const problem = await set(change);
    if (problem !== null) toastProblem(t("profile.preferences.notSaved"), problem);
  }

  const zones: string[] = ZONES.includes(zone as (typeof ZONES)[number]) ? [...ZONES] : [...ZONES, zone];
  return (
    <Box sx={{ display: "grid", gap: 2, gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" } }}>
      <TextField select label={t("shell.theme")} value={mode} onChange={(event) => void keep({ theme: event.target.value as (typeof MODES)[number] })}>
        {MODES.map((each) => (
          <MenuItem key={each} value={each}>
            {t(`shell.${each}`)}
          </MenuItem>
        ))}
      </TextField>
      <TextField select label={t("account.settings.palette")} value={palette} onChange={(event) => void keep({ palette: event.target.value as Palette })}>
        {PALETTES.map((each) => (
          <MenuItem key={each} value={each}>
            {t(`account.settings.palettes.${each}`)}
          </MenuItem>
        ))}
      </TextField>
      <TextField select label={t("account.settings.zone")} value={zone} onChange={(event) => void keep({ time_zone: event.target.value })}>
        {zones.map((each) => (
          <MenuItem key={each} value={each}>
            {ZONES.includes(each as (typeof ZONES)[number]) ? t(`account.settings.zones.${each as (typeof ZONES)[number]}`) : each}
          </MenuItem>
        ))}
      </TextField>
      <TextField select label={t("profile.preferences.density")} value={density} onChange={(event) => void keep({ density: event.target.value as Density })}>
        {DENSITIES.map((each) => (
          <MenuItem key={each} value={each}>
            {t(`profile.preferences.densities.${each}`)}
          </MenuItem>
        ))}
      </TextField>
      <TextField
        select
        label={t("profile.preferences.locale")}
        value={money.locale}
        onChange={(event) => void keep({ locale: event.target.value as (typeof LOCALES)[number] })}
      >
        {LOCALES.map((each) => (
          <MenuItem key={each} value={each}>
            {t(`profile.preferences.locales.${each}`)}
          </MenuItem>
        ))}
      </TextField>
      <TextField
        select
        label={t("profile.preferences.currency")}
        value={money.currencyDisplay}
        onChange={(event) => void keep({ currency_display: event.target.value as (typeof CURRENCIES)[number] })}
      >
        {CURRENCIES.map((each) => (
          <MenuItem key={each} value={each}>
            {t(`profile.preferences.currencies.${each}`)}
          </MenuItem>
        ))}
      </TextField>
      <FormControlLabel
        control={<Switch checked={shortcuts} onChange={(_, on) => dispatch(shortcutsSwitched(on))} />}
        label={t("shell.shortcutsOn")}
      />
      <Box>
        <FormControlLabel
          disabled={settings === undefined}
          control={<Switch checked={settings?.alert_mails ?? true} onChange={(_, on) => void keep({ alert_mails: on })} />}
          label={t("profile.preferences.alertMails")}
        />
        <FormHelperText>{t("profile.preferences.alertMailsHint")}</FormHelperText>
      </Box>
    </Box>
  );
}
