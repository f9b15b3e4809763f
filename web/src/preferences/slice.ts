import { createSlice, type PayloadAction } from "@reduxjs/toolkit";
import { readMoneyStyle, styleMoney, writeMoneyStyle, type MoneyStyle } from "@/format/moneyStyle";
import { INDIA } from "@/format/time";

/** How gains and losses are coloured. The sign and the arrow say the same without colour. */
export const PALETTES = ["green-red", "blue-orange", "red-green"] as const;
export type Palette = (typeof PALETTES)[number];

export interface Preferences {
  palette: Palette;
  /** Single-key shortcuts; some input methods need them off (WCAG 2.1.4). */
  shortcuts: boolean;
  /** The zone in which times are told. */
  zone: string;
  density: Density;
  money: MoneyStyle;
}

export const DENSITIES = ["comfortable", "compact"] as const;
export type Density = (typeof DENSITIES)[number];

const DENSITY_KEY = "sharewise.density";
const MONEY_KEY = "sharewise.money";
const PALETTE_KEY = "sharewise.palette";
const SHORTCUTS_KEY = "sharewise.shortcuts";
const ZONE_KEY = "sharewise.zone";

function stored(): Preferences {
  const palette = localStorage.getItem(PALETTE_KEY) as Palette | null;
  return {
    palette: palette !== null && PALETTES.includes(palette) ? palette : "green-red",
    shortcuts: localStorage.getItem(SHORTCUTS_KEY) !== "off",
    zone: localStorage.getItem(ZONE_KEY) ?? INDIA,
    density: localStorage.getItem(DENSITY_KEY) === "compact" ? "compact" : "comfortable",
    money: readMoneyStyle(localStorage.getItem(MONEY_KEY)),
  };
}

export const preferences = createSlice({
  name: "preferences",
  initialState: stored,
  reducers: {
    paletteChosen: (state, { payload }: PayloadAction<Palette>) => {
      state.palette = payload;
    },
    shortcutsSwitched: (state, { payload }: PayloadAction<boolean>) => {
      state.shortcuts = payload;
    },
    zoneChosen: (state, { payload }: PayloadAction<string>) => {
      state.zone = payload;
    },
    densityChosen: (state, { payload }: PayloadAction<Density>) => {
      state.density = payload;
    },
    moneyStyled: (state, { payload }: PayloadAction<MoneyStyle>) => {
      state.money = payload;
    },
  },
});

export const { paletteChosen, shortcutsSwitched, zoneChosen, densityChosen, moneyStyled } = preferences.actions;

/** Keep the preferences in this browser, and the palette on <html>, where index.html puts it before the first paint. */
export function keepPreferences({ palette, shortcuts, zone, density, money }: Preferences): void {
  localStorage.setItem(PALETTE_KEY, palette);
  localStorage.setItem(SHORTCUTS_KEY, shortcuts ? "on" : "off");
  localStorage.setItem(ZONE_KEY, zone);
  localStorage.setItem(DENSITY_KEY, density);
  localStorage.setItem(MONEY_KEY, writeMoneyStyle(money));
  styleMoney(money);
  document.documentElement.dataset.palette = palette;
  document.documentElement.dataset.density = density;
}
