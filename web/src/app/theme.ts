import type {} from "@mui/material/themeCssVarsAugmentation";
import { createTheme, type CssVarsThemeOptions } from "@mui/material/styles";

export const FONT = '"Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** Colours of both schemes that MUI has no name for; as CSS variables in `global.css`, since the chart reads them too. */
const light = {
  primary: { main: "#2b4acb", dark: "#2039a6", light: "#5570e0", contrastText: "#ffffff" },
  secondary: { main: "#475467", contrastText: "#ffffff" },
  error: { main: "#b42318", contrastText: "#ffffff" },
  warning: { main: "#93540a", contrastText: "#ffffff" },
  success: { main: "#0b6b43", contrastText: "#ffffff" },
  info: { main: "#1b5f94", contrastText: "#ffffff" },
  background: { default: "#f6f7f9", paper: "#ffffff" },
  text: { primary: "#111827", secondary: "#4b5565", disabled: "#6b7484" },
  divider: "#e3e6eb",
};

const dark = {
  primary: { main: "#93a9ff", dark: "#7890f2", light: "#b4c3ff", contrastText: "#0c1330" },
  secondary: { main: "#a3adbd", contrastText: "#0c1017" },
  error: { main: "#ff8f85", contrastText: "#2b0a07" },
  warning: { main: "#f0b45a", contrastText: "#2b1a02" },
  success: { main: "#4fd69c", contrastText: "#04210f" },
  info: { main: "#7cc0f5", contrastText: "#04182a" },
  background: { default: "#0c1017", paper: "#141a24" },
  text: { primary: "#e8ecf3", secondary: "#a3adbd", disabled: "#8791a3" },
  divider: "#252d3a",
};

const cssVariables: CssVarsThemeOptions = {
  colorSchemes: { light: { palette: light }, dark: { palette: dark } },
};

/** What floats over the page: told apart from it by a line, since shadows do not show on dark. */
const floating = { borderRadius: 12, border: "1px solid var(--sw-palette-divider)" };

/** The same theme for both schemes; the scheme is an attribute of <html>, set by index.html before the first paint. */
export const theme = createTheme({
  ...cssVariables,
  cssVariables: { colorSchemeSelector: "data-theme", cssVarPrefix: "sw" },
  // The unit of `borderRadius` in sx; components that want rounder corners say so below.
  shape: { borderRadius: 4 },
  typography: {
    fontFamily: FONT,
    fontSize: 14,
    h1: { fontSize: "1.625rem", fontWeight: 680, letterSpacing: "-0.02em", lineHeight: 1.25 },
    h2: { fontSize: "1.125rem", fontWeight: 640, letterSpacing: "-0.01em", lineHeight: 1.35 },
    h3: { fontSize: "0.9375rem", fontWeight: 640, lineHeight: 1.4 },
    body1: { fontSize: "0.9375rem", lineHeight: 1.6 },
    body2: { fontSize: "0.875rem", lineHeight: 1.55 },
    caption: { fontSize: "0.78125rem", lineHeight: 1.5 },
    button: { textTransform: "none", fontWeight: 600, letterSpacing: 0 },
  },
  components: {
    MuiButtonBase: { defaultProps: { disableRipple: true } },
    MuiButton: {
      defaultProps: { disableElevation: true },
      styleOverrides: {
        root: { minHeight: 40, paddingInline: 16, borderRadius: 9, "@media (pointer: coarse)": { minHeight: 44 } },
        sizeSmall: { minHeight: 34, paddingInline: 12, "@media (pointer: coarse)": { minHeight: 44 } },
        sizeLarge: { minHeight: 48, paddingInline: 22, fontSize: "1rem" },
        outlined: ({ theme: t }) => ({ borderColor: t.vars.palette.divider }),
      },
    },
    MuiIconButton: {
      styleOverrides: {
        root: { borderRadius: 9, "@media (pointer: coarse)": { minWidth: 44, minHeight: 44 } },
      },
    },
    MuiPaper: { defaultProps: { elevation: 0 }, styleOverrides: { root: { backgroundImage: "none" } } },
    MuiCard: {
      styleOverrides: {
        root: ({ theme: t }) => ({ border: `1px solid ${t.vars.palette.divider}`, borderRadius: 14 }),
      },
    },
    MuiDialog: { styleOverrides: { paper: { borderRadius: 16 } } },
    MuiDialogTitle: { styleOverrides: { root: { fontSize: "1.125rem", fontWeight: 650, letterSpacing: "-0.01em" } } },
    MuiTooltip: { defaultProps: { arrow: true, enterTouchDelay: 300 } },
    MuiAlert: {
      styleOverrides: {
        root: { borderRadius: 12 },
        standard: ({ theme: t, ownerState }) => {
          const { main } = t.vars.palette[ownerState.severity ?? "info"];
          return {
            color: t.vars.palette.text.primary,
            backgroundColor: `color-mix(in srgb, ${main} 9%, ${t.vars.palette.background.paper})`,
            "& .MuiAlert-icon": { color: main },
          };
        },
      },
    },
    MuiPopover: { styleOverrides: { paper: floating } },
    MuiMenu: { styleOverrides: { paper: floating } },
    MuiAutocomplete: { styleOverrides: { paper: floating } },
    MuiTextField: { defaultProps: { fullWidth: true } },
    MuiOutlinedInput: {
      styleOverrides: { root: ({ theme: t }) => ({ backgroundColor: t.vars.palette.background.paper, borderRadius: 10 }) },
    },
    MuiTab: { styleOverrides: { root: { minHeight: 44, paddingInline: 14, fontWeight: 600 } } },
    MuiTableCell: {
      styleOverrides: {
        root: ({ theme: t }) => ({ borderColor: t.vars.palette.divider, paddingBlock: 12 }),
        head: ({ theme: t }) => ({ color: t.vars.palette.text.secondary, fontWeight: 600, fontSize: "0.78125rem" }),
      },
    },
    MuiLink: { defaultProps: { underline: "hover" }, styleOverrides: { root: { fontWeight: 550 } } },
    MuiChip: { styleOverrides: { root: { fontWeight: 600, borderRadius: 8 } } },
    MuiToggleButton: {
      styleOverrides: {
        root: ({ theme: t }) => ({ color: t.vars.palette.text.secondary, borderColor: t.vars.palette.divider, fontWeight: 600, textTransform: "none", borderRadius: 10 }),
      },
    },
    MuiSkeleton: { defaultProps: { animation: "wave" }, styleOverrides: { rounded: { borderRadius: 12 } } },
  },
});

/** MUI reads and writes the chosen mode under this key; index.html reads it too. */
export const MODE_STORAGE_KEY = "sharewise.theme";
