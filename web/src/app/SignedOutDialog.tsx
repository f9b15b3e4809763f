import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogContent from "@mui/material/DialogContent";
import DialogContentText from "@mui/material/DialogContentText";
import DialogTitle from "@mui/material/DialogTitle";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { useSession, useSessionState } from "@/session/context";
import { LoginForm } from "@/session/LoginForm";
import "@/i18n/shell";

/** Over whatever page is open when a session ends: sign in again and go on, with all that was typed still there. */
export default function SignedOutDialog() {
  const { t } = useTranslation();
  const session = useSession();
  const { user } = useSessionState();
  const id = useId();
  return (
    <Dialog open aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`} maxWidth="xs" fullWidth>
      <DialogTitle id={`${id}-title`}>{t("shell.signedOutTitle")}</DialogTitle>
      <DialogContent>
        <DialogContentText id={`${id}-text`} sx={{ mb: 2.5 }}>
          {t("shell.signedOutText")}
        </DialogContentText>
        <LoginForm identifier={user?.email} />
        <Button fullWidth color="inherit" sx={{ mt: 1 }} onClick={() => session.giveUp()}>
          {t("shell.signedOutLeave")}
        </Button>
      </DialogContent>
    </Dialog>
  );
}
