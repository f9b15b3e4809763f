import DevicesRounded from "@mui/icons-material/DevicesRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useEndSessionMutation, useListSessionsQuery, type SignIn } from "@/api";
import { problemOf } from "@/api/problem";
import { DataState } from "@/ui/DataState";
import { useProblemText } from "@/ui/problemText";
import { Time } from "@/ui/Time";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { deviceOf } from "./device";

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
        <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
          {page.items.map((signIn) => (
            <Row key={signIn.id} signIn={signIn} />
          ))}
        </Box>
      )}
    </DataState>
  );
}

function Row({ signIn }: { signIn: SignIn }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [end] = useEndSessionMutation();
  const [busy, setBusy] = useState(false);
  const device = deviceOf(signIn.user_agent) ?? t("account.settings.unknownDevice");

  async function signOut() {
    setBusy(true);
    const answer = await end({ sessionId: signIn.id });
    setBusy(false);
    if (answer.error === undefined) toastSuccess(t("account.settings.sessionEnded"));
    else {
      const problem = problemOf(answer.error);
      toastProblem(textOf(problem), problem);
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
