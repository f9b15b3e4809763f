import DevicesRounded from "@mui/icons-material/DevicesRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useEndOtherSessionsMutation, useEndSessionMutation, useListSessionsQuery, type SignIn } from "@/api";
import { problemOf } from "@/api/problem";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { DataState } from "@/ui/DataState";
import { useProblemText } from "@/ui/problemText";
import { Time } from "@/ui/Time";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import "@/i18n/account";

/** The devices on which this account is signed in, each of which can be signed out. */
export function SignIns() {
  const { t } = useTranslation();
  const query = useListSessionsQuery();
  return (
    <DataState
      query={query}
      what={t("account.settings.what.sessions")}
      skeleton={<Skeleton variant="rounded" height={120} />}
      isEmpty={(page) => page.items.length === 0}
      empty={<Typography color="textSecondary">{t("account.settings.sessionsEmpty")}</Typography>}
    >
      {(page) => (
        <>
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {page.items.map((signIn) => (
              <Row key={signIn.id} signIn={signIn} />
            ))}
          </Box>
          {page.items.some(({ current }) => !current) && <EndOthers />}
        </>
      )}
    </DataState>
  );
}

function Row({ signIn }: { signIn: SignIn }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [end] = useEndSessionMutation();
  const [busy, setBusy] = useState(false);
  const { device } = signIn;

  async function signOut() {
    setBusy(true);
    const answer = await end({ sessionId: signIn.id });
    setBusy(false);
    if (answer.error === undefined) toastSuccess(t("account.settings.sessionEnded"));
    else {
      const problem = problemOf(answer.error);
      if (problem.code !== "step_up_required") toastProblem(textOf(problem), problem);
    }
  }

  return (
    <Box component="li" sx={{ display: "flex", alignItems: "center", gap: 2, py: 1.25, borderTop: 1, borderColor: "divider", "&:first-of-type": { borderTop: 0 } }}>
      <DevicesRounded aria-hidden sx={{ color: "text.secondary" }} />
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Typography sx={{ fontWeight: 600 }} noWrap>
          {device}
        </Typography>
        <Typography variant="caption" color="textSecondary" component="p">
          {t("account.settings.lastSeen")} <Time iso={signIn.last_seen_at} />
          {` · ${signIn.network}`}
          {signIn.country !== null && ` · ${signIn.country}`}
        </Typography>
      </Box>
      {signIn.current ? (
        <Chip size="small" label={t("account.settings.thisDevice")} />
      ) : (
        <Button size="small" variant="outlined" loading={busy} onClick={() => void signOut()} aria-label={t("account.settings.endSessionOf", { device })}>
          {t("account.settings.endSession")}
        </Button>
      )}
    </Box>
  );
}

function EndOthers() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [endOthers, { isLoading }] = useEndOtherSessionsMutation();
  const [asking, setAsking] = useState(false);

  async function end() {
    const answer = await endOthers();
    setAsking(false);
    if (answer.error === undefined) {
      toastSuccess(t("account.security.sessions.ended"));
      return;
    }
    const problem = problemOf(answer.error);
    if (problem.code !== "step_up_required") toastProblem(textOf(problem), problem);
  }

  return (
    <>
      <Button variant="outlined" color="error" onClick={() => setAsking(true)} sx={{ mt: 1 }}>
        {t("account.security.sessions.endOthers")}
      </Button>
      <ConfirmDialog
        open={asking}
        title={t("account.security.sessions.endOthers")}
        consequence={t("account.security.sessions.endOthersText")}
        confirmLabel={t("account.security.sessions.endOthers")}
        busy={isLoading}
        onConfirm={() => void end()}
        onClose={() => setAsking(false)}
      />
    </>
  );
}
