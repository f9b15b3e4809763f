import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogContentText from "@mui/material/DialogContentText";
import DialogTitle from "@mui/material/DialogTitle";
import TextField from "@mui/material/TextField";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { CopyButton } from "@/ui/CopyButton";

/** Shows a secret this once; it closes by its button only, so that a stray click does not lose it. */
export function SecretDialog({ secret, onKept }: { secret: string | null; onKept: () => void }) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <Dialog open={secret !== null} aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`} maxWidth="sm" fullWidth>
      <DialogTitle id={`${id}-title`}>{t("integrations.secret.title")}</DialogTitle>
      <DialogContent>
        <DialogContentText id={`${id}-text`} sx={{ mb: 2 }}>
          {t("integrations.secret.text")}
        </DialogContentText>
        <TextField
          fullWidth
          multiline
          label={t("integrations.secret.value")}
          value={secret ?? ""}
          slotProps={{ htmlInput: { readOnly: true, className: "figures" } }}
          sx={{ mt: 1 }}
        />
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2.5 }}>
        <CopyButton text={secret ?? ""} label={t("integrations.secret.copy")} />
        <Button variant="contained" onClick={onKept}>
          {t("integrations.secret.done")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
