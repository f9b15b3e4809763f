import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useEndSessionOfMutation, useEndSessionsOfMutation, type PersonDetail } from "@/api";
import { problemOf } from "@/api/problem";
import { usePermission } from "@/session/permissions";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { useProblemText } from "@/ui/problemText";
import { Time } from "@/ui/Time";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import "@/i18n/staff";

/** Where a person is signed in, each place of which can be ended. */
export function PersonSessions({ person }: { person: PersonDetail }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const mayEnd = usePermission("users:unlock");
  const [endOne] = useEndSessionOfMutation();
  const [endAll] = useEndSessionsOfMutation();
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState<string | null>(null);

  async function end(sessionId: string | null) {
    setBusy(sessionId ?? "all");
    const answer = await (sessionId === null ? endAll({ userId: person.id }) : endOne({ userId: person.id, sessionId }));
    setBusy(null);
    setAsked(false);
    if (answer.error === undefined) toastSuccess(t("staff.person.ended"));
    else {
      const problem = problemOf(answer.error);
      toastProblem(textOf(problem), problem);
    }
  }

  if (person.sessions.length === 0) return <Typography color="textSecondary">{t("staff.person.sessionsEmpty")}</Typography>;
  return (
    <>
      <Box component="ul" sx={{ listStyle: "none", m: 0, mb: 1, p: 0 }}>
        {person.sessions.map((held) => (
          <Box component="li" key={held.id} sx={{ display: "flex", alignItems: "center", gap: 2, py: 1 }}>
            <Box sx={{ flex: 1, minWidth: 0 }}>
              <Typography variant="body2" noWrap title={held.user_agent}>
                {held.device}
              </Typography>
              <Typography variant="caption" color="textSecondary" component="p">
                <Time iso={held.last_seen_at} /> · {held.network} · {t(held.second_factor ? "staff.person.withFactor" : "staff.person.withoutFactor")}
              </Typography>
            </Box>
            {mayEnd && (
              <WriteButton
                size="small"
                variant="outlined"
                loading={busy === held.id}
                onClick={() => void end(held.id)}
                aria-label={t("staff.person.endSessionOf", { device: held.device })}
              >
                {t("staff.person.endSession")}
              </WriteButton>
            )}
          </Box>
        ))}
      </Box>
      {mayEnd && (
        <WriteButton size="small" color="error" variant="outlined" onClick={() => setAsked(true)}>
          {t("staff.person.endAll")}
        </WriteButton>
      )}
      <ConfirmDialog
        open={asked}
        title={t("staff.person.endAll")}
        consequence={t("staff.consequence.endAll")}
        confirmLabel={t("staff.person.endAll")}
        busy={busy === "all"}
        onConfirm={() => void end(null)}
        onClose={() => setAsked(false)}
      />
    </>
  );
}
