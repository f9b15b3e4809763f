import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Stack from "@mui/material/Stack";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useResendLinkMutation } from "@/api";
import { problemOf } from "@/api/problem";
import { Narrow } from "@/ui/Narrow";
import { useProblemText } from "@/ui/problemText";
import "@/i18n/account";

/** After registering or asking again: the same words whether or not the address is known. */
export function MailSent({ email }: { email: string }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [resend, { isLoading, isSuccess, error }] = useResendLinkMutation();
  return (
    <Narrow title={t("account.sent.title")} heading={t("account.sent.title")} text={t("account.sent.text", { email })}>
      <Stack sx={{ gap: 2 }}>
        <Typography variant="body2" color="textSecondary">
          {t("account.sent.nothing")}
        </Typography>
        {isSuccess && <Alert severity="success">{t("account.sent.askedAgain")}</Alert>}
        {error !== undefined && <Alert severity="error">{textOf(problemOf(error))}</Alert>}
        <Button variant="outlined" loading={isLoading} onClick={() => void resend({ authResendIn: { email } })}>
          {t("account.sent.again")}
        </Button>
        <Button component={Link} to="/login">
          {t("account.sent.toLogin")}
        </Button>
      </Stack>
    </Narrow>
  );
}
