import Alert from "@mui/material/Alert";
import AlertTitle from "@mui/material/AlertTitle";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCloseAccountMutation, useShowErasureRulesQuery } from "@/api";
import { messageFor, problemOf, type Problem } from "@/api/problem";
import { day } from "@/format/time";
import { usePreferences } from "@/preferences/hooks";
import { useSession } from "@/session/context";
import { DataState } from "@/ui/DataState";
import { PasswordField } from "@/ui/PasswordField";
import { Asked } from "@/ui/Asked";
import "@/i18n/profile";

/** What a deletion means, and the way to it. */
export function DeleteAccount() {
  const { t } = useTranslation();
  const query = useShowErasureRulesQuery();
  const [asking, setAsking] = useState(false);
  return (
    <DataState query={query} what={t("profile.data.what.rules")} skeleton={<Skeleton variant="rounded" height={180} />}>
      {({ grace_days, kept }) => (
        <Box sx={{ display: "grid", gap: 2, justifyItems: "start" }}>
          <Typography>{t("profile.data.deleteText", { count: grace_days })}</Typography>
          <Box>
            <Typography variant="h3" sx={{ mb: 1 }}>
              {t("profile.data.kept")}
            </Typography>
            <Box component="ul" sx={{ m: 0, pl: 2.5, display: "grid", gap: 0.75 }}>
              {kept.map(({ what, law, until }) => (
                <li key={what}>
                  <Typography component="span">{what}</Typography>
                  <Typography component="p" variant="caption" color="textSecondary">
                    {t("profile.data.keptFor", { law, until })}
                  </Typography>
                </li>
              ))}
            </Box>
          </Box>
          <Button color="error" variant="outlined" onClick={() => setAsking(true)}>
            {t("profile.data.delete")}
          </Button>
          {asking && <AskDeletion graceDays={grace_days} onClose={() => setAsking(false)} />}
        </Box>
      )}
    </DataState>
  );
}

function AskDeletion({ graceDays, onClose }: { graceDays: number; onClose: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const { zone } = usePreferences();
  const [close, { isLoading, data }] = useCloseAccountMutation();
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const message = problem === null ? null : messageFor(problem, "password");

  async function submit() {
    if (data !== undefined) {
      session.giveUp();
      return;
    }
    setProblem(null);
    const answer = await close({ body: { password: password === "" ? null : password } });
    if (answer.error !== undefined) setProblem(problemOf(answer.error));
  }

  return (
    <Asked
      danger={data === undefined}
      title={t("profile.data.confirmTitle")}
      text={t("profile.data.confirmText", { count: graceDays })}
      submit={t(data === undefined ? "profile.data.delete" : "profile.terms.leave")}
      busy={isLoading}
      problem={message === null ? problem : null}
      onSubmit={() => void submit()}
      onClose={data === undefined ? onClose : () => session.giveUp()}
    >
      {data === undefined ? (
        <PasswordField
          autoFocus
          label={t("profile.data.password")}
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          error={message !== null}
          helperText={message ?? t("profile.data.passwordHint")}
        />
      ) : (
        <Alert severity="success" role="status">
          <AlertTitle>{t("profile.data.goneTitle")}</AlertTitle>
          {t("profile.data.goneText", { day: day(data.erased_at, zone) })}
        </Alert>
      )}
    </Asked>
  );
}
