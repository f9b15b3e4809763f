import { useColorScheme } from "@mui/material/styles";
import { useEffect } from "react";
import { useChangeSettingsMutation, useShowSettingsQuery, type Settings, type SettingsChange } from "@/api";
import { problemOf, type Problem } from "@/api/problem";
import { useSessionState } from "@/session/context";
import { usePreferences, usePreferencesDispatch } from "./hooks";
import { densityChosen, moneyStyled, paletteChosen, zoneChosen } from "./slice";

const SEEN = "sharewise.settings";

/**
 * Take over the settings that were made on another device. What this browser has seen already is left alone, so that a
 * choice that is only this browser's stays.
 */
export function useSettingsOfAccount(): void {
  const { acting } = useSessionState();
  // Who acts as another person keeps their own look.
  const { data } = useShowSettingsQuery(undefined, { skip: acting !== undefined });
  const apply = useApply();
  useEffect(() => {
    if (data === undefined) return;
    const seen = JSON.stringify(data);
    if (localStorage.getItem(SEEN) === seen) return;
    localStorage.setItem(SEEN, seen);
    apply(data);
    // `apply` is new at each render; what matters is what the account says.
  }, [data]);
}

/** Gives a function that sets preferences here at once and keeps them with the account. Gives the problem if they were not kept. */
export function useSetPreferences(): (change: SettingsChange) => Promise<Problem | null> {
  const [save] = useChangeSettingsMutation();
  const apply = useApply();
  return async (change) => {
    apply(change);
    const answer = await save({ authSettingsChange: change });
    if (answer.data === undefined) return problemOf(answer.error);
    localStorage.setItem(SEEN, JSON.stringify(answer.data));
    return null;
  };
}

function useApply(): (settings: Settings | SettingsChange) => void {
  const dispatch = usePreferencesDispatch();
  const { money } = usePreferences();
  const { setMode } = useColorScheme();
  return ({ time_zone, palette, density, theme, locale, currency_display }) => {
    if (time_zone) dispatch(zoneChosen(time_zone));
    if (palette) dispatch(paletteChosen(palette));
    if (density) dispatch(densityChosen(density));
    if (theme) setMode(theme);
    if (locale || currency_display) {
      dispatch(moneyStyled({ locale: locale ?? money.locale, currencyDisplay: currency_display ?? money.currencyDisplay }));
    }
  };
}
