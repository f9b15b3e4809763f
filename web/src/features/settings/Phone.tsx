import Button from "@mui/material/Button";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useConfirmPhoneMutation, useRemovePhoneMutation, useSendPhoneCodeMutation, useShowPhoneOptionsQuery } from "@/api";
import { newIdempotencyKey } from "@/api/idempotency";
import { messageFor, problemOf, type Problem } from "@/api/problem";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { useProblemText } from "@/ui/problemText";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { Asked } from "@/ui/Asked";
import { Contact } from "./Contact";
import "@/i18n/account";
import "@/i18n/profile";

/** One's number, which counts once a code that was sent to it is written here. */
export function Phone({ phone, isConfirmed }: { phone: string | null; isConfirmed: boolean }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [remove, { isLoading }] = useRemovePhoneMutation();
  const [dialog, setDialog] = useState<"confirm" | "remove" | null>(null);
  // Until the answer is here, and when none comes: the API refuses what cannot be.
  const canConfirm = useShowPhoneOptionsQuery().data?.can_confirm !== false;

  async function forget() {
    const answer = await remove();
    setDialog(null);
    if (answer.error === undefined) toastSuccess(t("profile.phone.removed"));
    else toastProblem(textOf(problemOf(answer.error)), problemOf(answer.error));
  }

  return (
    <>
      <Contact
        label={t("account.phone")}
        value={phone ?? t("profile.phone.none")}
        note={
          <>
            {phone !== null && t(isConfirmed ? "profile.phone.confirmed" : "profile.phone.unconfirmed")}
            {!canConfirm && <div>{t("profile.phone.noMessages")}</div>}
          </>
        }
        actions={
          <>
            {phone !== null && (
              <Button color="inherit" onClick={() => setDialog("remove")} aria-label={t("profile.phone.removeTitle")}>
                {t("profile.phone.remove")}
              </Button>
            )}
            {canConfirm && (
              <Button variant="outlined" onClick={() => setDialog("confirm")}>
                {t("profile.phone.change")}
              </Button>
            )}
          </>
        }
      />
      {dialog === "confirm" && <ConfirmNumber given={phone ?? "+91 "} onClose={() => setDialog(null)} />}
      <ConfirmDialog
        open={dialog === "remove"}
        title={t("profile.phone.removeTitle")}
        consequence={t("profile.phone.removeText")}
        confirmLabel={t("profile.phone.remove")}
        busy={isLoading}
        onConfirm={() => void forget()}
        onClose={() => setDialog(null)}
      />
    </>
  );
}

function ConfirmNumber({ given, onClose }: { given: string; onClose: () => void }) {
  const { t } = useTranslation();
  const [send, sending] = useSendPhoneCodeMutation();
  const [confirm, confirming] = useConfirmPhoneMutation();
  const [phone, setPhone] = useState(given);
  const [sentTo, setSentTo] = useState<string | null>(null);
  const [code, setCode] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const field = sentTo === null ? "phone" : "code";
  const message = problem === null ? null : messageFor(problem, field);

  async function sendCode() {
    setProblem(null);
    const number = phone.replace(/[\s-]/g, "");
    const answer = await send({ authPhoneIn: { phone: number }, "idempotency-key": newIdempotencyKey() });
    if (answer.error === undefined) setSentTo(number);
    else setProblem(problemOf(answer.error));
  }

  async function confirmCode() {
    setProblem(null);
    const answer = await confirm({ authCodeIn: { code } });
    if (answer.error !== undefined) {
      setProblem(problemOf(answer.error));
      return;
    }
    toastSuccess(t("profile.phone.done"));
    onClose();
  }

  return (
    <Asked
      title={t("profile.phone.title")}
      text={sentTo === null ? t("profile.phone.text") : t("profile.phone.codeText", { phone: sentTo })}
      submit={t(sentTo === null ? "profile.phone.send" : "profile.phone.submit")}
      busy={sending.isLoading || confirming.isLoading}
      problem={message === null ? problem : null}
      onSubmit={() => void (sentTo === null ? sendCode() : confirmCode())}
      onClose={onClose}
    >
      {sentTo === null ? (
        <TextField
          autoFocus
          label={t("profile.phone.label")}
          type="tel"
          autoComplete="tel"
          value={phone}
          onChange={(event) => setPhone(event.target.value)}
          error={message !== null}
          helperText={message ?? t("profile.phone.invalid")}
        />
      ) : (
        <>
          <TextField
            autoFocus
            label={t("profile.phone.code")}
            value={code}
            onChange={(event) => setCode(event.target.value.replace(/\D/g, "").slice(0, 6))}
            error={message !== null}
            helperText={message}
            slotProps={{ htmlInput: { inputMode: "numeric", autoComplete: "one-time-code" } }}
          />
          <Button loading={sending.isLoading} onClick={() => void sendCode()}>
            {t("profile.phone.again")}
          </Button>
        </>
      )}
    </Asked>
  );
}
