import Button from "@mui/material/Button";
import Stack from "@mui/material/Stack";
import Typography from "@mui/material/Typography";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { useVerifyEmailMutation } from "@/api";
import { problemOf } from "@/api/problem";
import { Narrow } from "@/ui/Narrow";
import { useProblemText } from "@/ui/problemText";
import "@/i18n/account";

/**
 * The page that the mail's link opens. Opening it changes nothing, so that a mail scanner which follows links cannot
 * use up the token; the button posts it.
 */
export default function VerifyPage() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [query, setQuery] = useSearchParams();
  const token = query.get("token");
  const [verify, { isLoading, isSuccess, error }] = useVerifyEmailMutation();

  // A used token has no place in the address bar or the history.
  useEffect(() => {
    if (isSuccess) setQuery({}, { replace: true });
  }, [isSuccess, setQuery]);

  const resend = (
    <Button component={Link} to="/resend-verification" variant="outlined">
      {t("account.sent.again")}
    </Button>
  );

  if (isSuccess) {
    return (
      <Narrow title={t("account.verify.title")} heading={t("account.verify.done")} text={t("account.verify.doneText")}>
        <Button component={Link} to="/login" variant="contained" size="large" fullWidth>
          {t("account.login.submit")}
        </Button>
      </Narrow>
    );
  }
  if (token === null) {
    return (
      <Narrow title={t("account.verify.title")} heading={t("account.verify.missing")} text={t("account.verify.missingText")}>
        {resend}
      </Narrow>
    );
  }
  if (error !== undefined) {
    const problem = problemOf(error);
    const refused = problem.status !== null && problem.status < 500 && problem.status !== 429;
    return (
      <Narrow
        title={t("account.verify.title")}
        heading={refused ? t("account.verify.failed") : t("account.verify.title")}
        text={refused ? t("account.verify.failedText") : undefined}
      >
        <Stack sx={{ gap: 2 }}>
          <Typography role="alert" color="error">
            {textOf(problem)}
          </Typography>
          {refused ? (
            resend
          ) : (
            <Button variant="contained" loading={isLoading} onClick={() => void verify({ authVerifyEmailIn: { token } })}>
              {t("ui.retry")}
            </Button>
          )}
        </Stack>
      </Narrow>
    );
  }
  return (
    <Narrow title={t("account.verify.title")} heading={t("account.verify.title")} text={t("account.verify.ask")}>
      <Button variant="contained" size="large" fullWidth loading={isLoading} onClick={() => void verify({ authVerifyEmailIn: { token } })}>
        {t("account.verify.submit")}
      </Button>
    </Narrow>
  );
}
