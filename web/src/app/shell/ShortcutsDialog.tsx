import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import FormControlLabel from "@mui/material/FormControlLabel";
import Switch from "@mui/material/Switch";
import { Fragment, useId } from "react";
import { useTranslation } from "react-i18next";
import { usePreferences, usePreferencesDispatch } from "@/preferences/hooks";
import { shortcutsSwitched } from "@/preferences/slice";
import "@/i18n/shell";

const KEYS = [
  { what: "search", keys: ["/"], or: ["Ctrl", "K"] },
  { what: "dashboard", keys: ["g", "d"] },
  { what: "alerts", keys: ["g", "a"] },
  { what: "settings", keys: ["g", "s"] },
  { what: "newAlert", keys: ["Alt", "A"] },
  { what: "alertHere", keys: ["a"] },
  { what: "readPrice", keys: ["r"] },
  { what: "help", keys: ["?"] },
] as const;

function Key({ children }: { children: string }) {
  return (
    <Box
      component="kbd"
      sx={{ px: 0.875, py: 0.125, minWidth: 24, display: "inline-block", textAlign: "center", border: 1, borderColor: "divider", borderRadius: 1.5, bgcolor: "action.hover", fontFamily: "inherit", fontSize: "0.8125rem", fontWeight: 600 }}
    >
      {children}
    </Box>
  );
}

export default function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const id = useId();
  const { shortcuts } = usePreferences();
  const dispatch = usePreferencesDispatch();
  return (
    <Dialog open onClose={onClose} aria-labelledby={id} maxWidth="xs" fullWidth>
      <DialogTitle id={id}>{t("shell.shortcuts")}</DialogTitle>
      <DialogContent>
        <Box component="dl" sx={{ display: "grid", gridTemplateColumns: "1fr auto", rowGap: 1.25, columnGap: 2, m: 0, mb: 2 }}>
          {KEYS.map((row) => (
            <Fragment key={row.what}>
              <Box component="dt">{t(`shell.shortcutKeys.${row.what}`)}</Box>
              <Box component="dd" sx={{ m: 0, textAlign: "right", whiteSpace: "nowrap" }}>
                {row.keys.map((key, index) => (
                  <Fragment key={key}>
                    {index > 0 && (row.keys[0] === "Alt" ? " + " : ` ${t("shell.then")} `)}
                    <Key>{key}</Key>
                  </Fragment>
                ))}
                {"or" in row && (
                  <>
                    {` ${t("shell.or")} `}
                    <Key>{row.or[0]}</Key> + <Key>{row.or[1]}</Key>
                  </>
                )}
              </Box>
            </Fragment>
          ))}
        </Box>
        <FormControlLabel
          control={<Switch checked={shortcuts} onChange={(_, on) => dispatch(shortcutsSwitched(on))} />}
          label={t("shell.shortcutsOn")}
        />
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{t("ui.close")}</Button>
      </DialogActions>
    </Dialog>
  );
}
