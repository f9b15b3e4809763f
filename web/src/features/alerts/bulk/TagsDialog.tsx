import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import TextField from "@mui/material/TextField";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { tagsOf } from "./files";

const LONGEST = 30;
const MOST = 10;

interface TagsDialogProps {
  title: string;
  busy: boolean;
  onRun: (action: "add_tags" | "remove_tags", tags: string[]) => void;
  onClose: () => void;
}

/** Asks for tags to be added to alerts, or taken from them. */
export function TagsDialog({ title, busy, onRun, onClose }: TagsDialogProps) {
  const { t } = useTranslation();
  const id = useId();
  const [text, setText] = useState("");
  const [isTried, setTried] = useState(false);
  const tags = tagsOf(text);
  const isBad = tags.length === 0 || tags.length > MOST || tags.some((tag) => tag.length > LONGEST);

  function run(action: "add_tags" | "remove_tags") {
    setTried(true);
    if (!isBad) onRun(action, tags);
  }

  return (
    <Dialog open onClose={onClose} aria-labelledby={id} maxWidth="xs" fullWidth>
      <DialogTitle id={id}>{title}</DialogTitle>
      <DialogContent>
        <TextField
          autoFocus
          margin="dense"
          label={t("bulk.tags.label")}
          value={text}
          onChange={(event) => setText(event.target.value)}
          error={isTried && isBad}
          helperText={t(isTried && isBad ? "bulk.tags.needed" : "bulk.tags.hint")}
          slotProps={{ htmlInput: { maxLength: 320, autoComplete: "off" } }}
        />
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2.5 }}>
        <Button onClick={onClose} color="inherit">{t("ui.cancel")}</Button>
        <Button onClick={() => run("remove_tags")} disabled={busy}>{t("bulk.tags.remove")}</Button>
        <Button onClick={() => run("add_tags")} loading={busy} variant="contained">{t("bulk.tags.add")}</Button>
      </DialogActions>
    </Dialog>
  );
}
