import CloseRounded from "@mui/icons-material/CloseRounded";
import Box from "@mui/material/Box";
import Drawer from "@mui/material/Drawer";
import IconButton from "@mui/material/IconButton";
import Typography from "@mui/material/Typography";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { useAlertPanel } from "@/ui/alertPanel";
import { EditAlert } from "./EditAlert";
import { NewAlert } from "./NewAlert";
import "@/i18n/alerts";

/** The alert form at the side of any page, as the address asks (see `ui/alertPanel`). */
export default function AlertPanel() {
  const { t } = useTranslation();
  const id = useId();
  const { draft, editing, close } = useAlertPanel();
  return (
    <Drawer
      anchor="right"
      open
      onClose={close}
      slotProps={{ paper: { role: "dialog", "aria-modal": true, "aria-labelledby": id, sx: { width: 440, maxWidth: "100vw" } } }}
    >
      <Box sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", px: 3, pt: 2, pb: 1 }}>
        <Typography id={id} variant="h2">
          {t(editing === null ? "alerts.form.title" : "alerts.form.editTitle")}
        </Typography>
        <IconButton aria-label={t("ui.close")} onClick={close} edge="end">
          <CloseRounded fontSize="small" />
        </IconButton>
      </Box>
      <Box sx={{ px: 3, pb: 3, pt: 1, overflowY: "auto" }}>
        {editing !== null && <EditAlert alertId={editing} onDone={close} />}
        {editing === null && draft !== null && <NewAlert draft={draft} onDone={close} />}
      </Box>
    </Drawer>
  );
}
