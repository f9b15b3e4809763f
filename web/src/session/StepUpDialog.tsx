import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogContent from "@mui/material/DialogContent";
import DialogContentText from "@mui/material/DialogContentText";
import DialogTitle from "@mui/material/DialogTitle";
import Skeleton from "@mui/material/Skeleton";
import Stack from "@mui/material/Stack";
import { useEffect, useId, useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { useBeginStepUpMutation, useStepUpMutation, type StepUpQuestion } from "@/api";
import { problemOf, type Problem } from "@/api/problem";
import { PasswordField } from "@/ui/PasswordField";
import { useProblemText } from "@/ui/problemText";
import "@/i18n/account";
import { useSession, useStepUp } from "./context";
import { ProofForm } from "./ProofForm";
import type { SecondProof } from "./session";

/** Over whatever page is open when a call needs a fresh proof; the call goes on after it. */
export default function StepUpDialog() {
  const { close: onClose } = useStepUp();
  const { t } = useTranslation();
  const session = useSession();
  const textOf = useProblemText();
  const id = useId();
  const [begin] = useBeginStepUpMutation();
  const [stepUp] = useStepUpMutation();
  const [question, setQuestion] = useState<StepUpQuestion | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);

  useEffect(() => {
    let left = false;
    void begin().then((answer) => {
      if (left) return;
      if (answer.data !== undefined) setQuestion(answer.data);
      else setProblem(problemOf(answer.error));
    });
    return () => {
      left = true;
    };
  }, [begin]);

  async function prove(proof: SecondProof | { password: string }): Promise<Problem | null> {
    const answer = await stepUp({ authStepUpIn: proof as Parameters<typeof stepUp>[0]["authStepUpIn"] });
    if (answer.data === undefined) return problemOf(answer.error);
    session.provedAnew(answer.data);
    onClose(true);
    return null;
  }

  return (
    <Dialog open onClose={() => onClose(false)} aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`} maxWidth="xs" fullWidth>
      <DialogTitle id={`${id}-title`}>{t("account.stepUp.title")}</DialogTitle>
      <DialogContent>
        <DialogContentText id={`${id}-text`} sx={{ mb: 2.5 }}>
          {t("account.stepUp.text")}
        </DialogContentText>
        {problem !== null && (
          <Alert severity="error" role="alert">
            {textOf(problem)}
          </Alert>
        )}
        {question === null && problem === null && <Skeleton variant="rounded" height={120} />}
        {question !== null &&
          (question.methods.length === 0 ? (
            <PasswordProof onProof={prove} />
          ) : (
            <ProofForm
              methods={question.methods}
              passkeyOptions={question.passkey?.public_key ?? null}
              submitLabel={t("account.stepUp.submit")}
              onProof={prove}
            />
          ))}
        <Button fullWidth color="inherit" sx={{ mt: 1 }} onClick={() => onClose(false)}>
          {t("account.stepUp.cancel")}
        </Button>
      </DialogContent>
    </Dialog>
  );
}

function PasswordProof({ onProof }: { onProof: (proof: { password: string }) => Promise<Problem | null> }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const { register, handleSubmit, setError, formState } = useForm({ defaultValues: { password: "" } });
  return (
    <Stack
      component="form"
      noValidate
      sx={{ gap: 2 }}
      onSubmit={(event) =>
        void handleSubmit(async (proof) => {
          const problem = await onProof(proof);
          if (problem === null) return;
          const [wrong] = problem.errors;
          setError("password", { message: wrong?.message ?? textOf(problem) }, { shouldFocus: true });
        })(event)
      }
    >
      <PasswordField
        autoFocus
        label={t("account.password")}
        autoComplete="current-password"
        error={formState.errors.password !== undefined}
        helperText={formState.errors.password?.message}
        {...register("password", { required: t("account.required") })}
      />
      <Button type="submit" variant="contained" size="large" loading={formState.isSubmitting}>
        {t("account.stepUp.submit")}
      </Button>
    </Stack>
  );
}
