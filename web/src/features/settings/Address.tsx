import Button from "@mui/material/Button";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAskEmailChangeMutation, useShowEmailChangeQuery, useWithdrawEmailChangeMutation } from "@/api";
import { newIdempotencyKey } from "@/api/idempotency";
import { messageFor, problemOf, type Problem } from "@/api/problem";
import { useProblemText } from "@/ui/problemText";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { Asked } from "@/ui/Asked";
import { Contact } from "./Contact";
import "@/i18n/account";
import "@/i18n/profile";

/** One's address, and the change of it that is under way. */
export function Address({ email }: { email: string }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const { data } = useShowEmailChangeQuery();
  const [withdraw, { isLoading }] = useWithdrawEmailChangeMutation();
  const [asking, setAsking] = useState(false);
  const pending = data?.pending ?? null;
  const waits = pending === null ? "" : pending.new_confirmed ? "waitsOld" : pending.old_confirmed ? "waitsNew" : "waitsBoth";

  async function takeBack() {
    const answer = await withdraw();
    if (answer.error === undefined) toastSuccess(t("profile.address.withdrawn"));
    else toastProblem(textOf(problemOf(answer.error)), problemOf(answer.error));
  }

  return (
    <>
      <Contact
        label={t("account.email")}
        value={email}
        note={
          pending !== null && waits !== "" ? (
            <>
              {t("profile.address.pending", { email: pending.email })} {t(`profile.address.${waits}`)}
            </>
          ) : undefined
        }
        actions={
          <>
            {pending !== null && (
              <Button color="inherit" loading={isLoading} onClick={() => void takeBack()}>
                {t("profile.address.withdraw")}
              </Button>
            )}
            <Button variant="outlined" onClick={() => setAsking(true)} aria-label={t("profile.address.title")}>
              {t("profile.address.change")}
            </Button>
          </>
        }
      />
      {asking && <AskAddress onClose={() => setAsking(false)} />}
    </>
  );
}

function AskAddress({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [ask, { isLoading }] = useAskEmailChangeMutation();
  const [email, setEmail] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const message = problem === null ? null : messageFor(problem, "email");

  async function submit() {
    setProblem(null);
    const answer = await ask({ authEmailChangeIn: { email: email.trim() }, "idempotency-key": newIdempotencyKey() });
    if (answer.error === undefined) onClose();
    else setProblem(problemOf(answer.error));
  }

  return (
    <Asked
      title={t("profile.address.title")}
      text={t("profile.address.text")}
      submit={t("profile.address.submit")}
      busy={isLoading}
      problem={message === null ? problem : null}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      <TextField
        autoFocus
        label={t("profile.address.label")}
        type="email"
        autoComplete="email"
        value={email}
        onChange={(event) => setEmail(event.target.value)}
        error={message !== null}
        helperText={message}
      />
    </Asked>
  );
}
