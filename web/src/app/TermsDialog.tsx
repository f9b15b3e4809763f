import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogContentText from "@mui/material/DialogContentText";
import DialogTitle from "@mui/material/DialogTitle";
import MuiLink from "@mui/material/Link";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { useAcceptTermsMutation, useShowRulesQuery } from "@/api";
import { problemOf } from "@/api/problem";
import { useSession } from "@/session/context";
import { useProblemText } from "@/ui/problemText";
import "@/i18n/profile";

/** Over whatever page is open when there are newer terms than those that were accepted. */
export default function TermsDialog() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const session = useSession();
  const { data: rules } = useShowRulesQuery();
  const [accept, { isLoading, error }] = useAcceptTermsMutation();
  const id = useId();

  async function submit(version: string) {
    const answer = await accept({ authTermsIn: { version } });
    if (answer.error === undefined) session.updateUser({ terms_acceptance_required: false });
  }

  if (rules === undefined) return null;
  return (
    <Dialog open aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`} maxWidth="xs" fullWidth>
      <DialogTitle id={`${id}-title`}>{t("profile.terms.title")}</DialogTitle>
      <DialogContent>
        <DialogContentText id={`${id}-text`} sx={{ mb: 1.5 }}>
          {t("profile.terms.text", { version: rules.terms_version })}
        </DialogContentText>
        <MuiLink href="/legal/terms" target="_blank">
          {t("profile.terms.read")}
        </MuiLink>
        {error !== undefined && (
          <Alert severity="error" role="alert" sx={{ mt: 2 }}>
            {textOf(problemOf(error))}
          </Alert>
        )}
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2.5 }}>
        <Button color="inherit" onClick={() => void session.logout()}>
          {t("profile.terms.leave")}
        </Button>
        <Button variant="contained" loading={isLoading} onClick={() => void submit(rules.terms_version)}>
          {t("profile.terms.accept")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
