import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import CircularProgress from "@mui/material/CircularProgress";
import Stack from "@mui/material/Stack";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useSearchParams } from "react-router";
import { useFinishLinkMutation } from "@/api";
import { problemOf, type Problem } from "@/api/problem";
import { useSession, useSessionState } from "@/session/context";
import { comeBack, type Away } from "@/session/elsewhere";
import { LoginForm } from "@/session/LoginForm";
import { safeReturn } from "@/session/returnTo";
import type { SecondStep } from "@/session/session";
import { Narrow } from "@/ui/Narrow";
import { useProblemText } from "@/ui/problemText";
import { toastSuccess } from "@/ui/toasts";
import "@/i18n/account";

type Outcome = { kind: "refused" } | { kind: "problem"; problem: Problem } | { kind: "step"; step: SecondStep; next: string };

/** Where the identity provider sends people back to. */
export default function ReturnPage() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const navigate = useNavigate();
  const session = useSession();
  const { status } = useSessionState();
  const [search] = useSearchParams();
  const [finishLink] = useFinishLinkMutation();
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const hasBegun = useRef(false);
  const isKnown = status !== "unknown" && status !== "unreachable";

  useEffect(() => {
    // Once: a code is good once. Whoever links must be known first.
    if (hasBegun.current || !isKnown) return;
    hasBegun.current = true;
    const away = comeBack();
    const [state, code] = [search.get("state"), search.get("code")];
    if (away === null || state === null || code === null) {
      setOutcome({ kind: "refused" });
      return;
    }
    void finish(away, { state, code, browser_key: away.browserKey });

    async function finish({ purpose, next }: Away, returned: { state: string; code: string; browser_key: string }) {
      if (purpose === "link") {
        const { error } = await finishLink({ authComeBack: returned });
        if (error !== undefined) {
          setOutcome({ kind: "problem", problem: problemOf(error) });
          return;
        }
        toastSuccess(t("account.elsewhere.linked"));
        void navigate(safeReturn(next), { replace: true });
        return;
      }
      const result = await session.finishElsewhere(returned);
      if (result.ok) void navigate(safeReturn(next), { replace: true });
      else if ("step" in result) setOutcome({ kind: "step", step: result.step, next });
      else setOutcome({ kind: "problem", problem: result.problem });
    }
  }, [isKnown, search, session, navigate, finishLink, t]);

  return (
    <Narrow title={t("account.login.title")} heading={t("account.elsewhere.heading")}>
      {outcome === null && <CircularProgress aria-label={t("account.elsewhere.heading")} />}
      {outcome?.kind === "step" && (
        <LoginForm step={outcome.step} onDone={() => void navigate(safeReturn(outcome.next), { replace: true })} />
      )}
      {(outcome?.kind === "refused" || outcome?.kind === "problem") && (
        <Stack sx={{ gap: 2 }}>
          <Alert severity="error" role="alert">
            {outcome.kind === "refused" || outcome.problem.code === "invalid_token"
              ? t("account.elsewhere.refused")
              : textOf(outcome.problem)}
          </Alert>
          <Button component={Link} to="/login" variant="contained" size="large">
            {t("account.login.submit")}
          </Button>
        </Stack>
      )}
    </Narrow>
  );
}
