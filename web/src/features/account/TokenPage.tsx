import Button from "@mui/material/Button";
import Stack from "@mui/material/Stack";
import Typography from "@mui/material/Typography";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { problemOf } from "@/api/problem";
import { Narrow } from "@/ui/Narrow";
import { useProblemText } from "@/ui/problemText";
import "@/i18n/profile";

/**
 * The token of a mailed link, taken out of the address bar and the history at once: what is shown over a shoulder or
 * synced by a browser opens nothing.
 */
export function useMailedToken(): string | null {
  const [query, setQuery] = useSearchParams();
  const [token] = useState(() => query.get("token"));
  useEffect(() => {
    if (query.has("token")) setQuery({}, { replace: true });
  }, [query, setQuery]);
  return token;
}

interface TokenPageProps {
  title: string;
  text: string;
  submit: string;
  busy: boolean;
  error: unknown;
  onSubmit: (token: string) => void;
  /** What stands in the place of the question once the link was used. */
  done: ReactNode;
}

/** The page that a mailed link opens. Opening it changes nothing, since mail scanners follow links; the button posts. */
export function TokenPage({ title, text, submit, busy, error, onSubmit, done }: TokenPageProps) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const token = useMailedToken();
  if (done !== null) return done;
  if (token === null) {
    return (
      <Narrow title={title} heading={t("profile.reset.missing")} text={t("profile.reset.missingText")}>
        <ToLogin />
      </Narrow>
    );
  }
  const problem = error === undefined ? null : problemOf(error);
  const refused = problem?.code === "invalid_token";
  return (
    <Narrow title={title} heading={refused ? t("profile.link.failed") : title} text={refused ? t("profile.link.failedText") : text}>
      <Stack sx={{ gap: 2 }}>
        {problem !== null && !refused && (
          <Typography role="alert" color="error">
            {textOf(problem)}
          </Typography>
        )}
        {refused ? (
          <ToLogin />
        ) : (
          <Button variant="contained" size="large" fullWidth loading={busy} onClick={() => onSubmit(token)}>
            {submit}
          </Button>
        )}
      </Stack>
    </Narrow>
  );
}

export function ToLogin() {
  const { t } = useTranslation();
  return (
    <Button component={Link} to="/login" variant="contained" size="large" fullWidth>
      {t("profile.link.toLogin")}
    </Button>
  );
}
