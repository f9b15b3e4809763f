import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import {
  useCancelBacktestMutation,
  useDeleteBacktestMutation,
  useLazyDownloadBacktestQuery,
  useRerunBacktestMutation,
  type Backtest,
} from "@/api";
import { newIdempotencyKey } from "@/api/idempotency";
import { problemOf } from "@/api/problem";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { useProblemText } from "@/ui/problemText";
import { toastProblem } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";

const FILES = ["pdf", "csv", "json"] as const;

/** What one may do with a backtest in its present state. */
export function Actions({ backtest }: { backtest: Backtest }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const textOf = useProblemText();
  const [cancel, cancelling] = useCancelBacktestMutation();
  const [rerun, rerunning] = useRerunBacktestMutation();
  const [destroy, destroying] = useDeleteBacktestMutation();
  const [download] = useLazyDownloadBacktestQuery();
  const [key] = useState(newIdempotencyKey);
  const [isAsking, setIsAsking] = useState(false);
  const isOpen = backtest.status === "queued" || backtest.status === "running";

  function tell(error: unknown) {
    const problem = problemOf(error);
    toastProblem(textOf(problem), problem);
  }

  async function save(file: (typeof FILES)[number]) {
    const answer = await download({ backtestId: backtest.id, file });
    if (answer.error !== undefined) return tell(answer.error);
    const link = document.createElement("a");
    link.href = answer.data as unknown as string;
    link.download = `${backtest.name.replace(/[^\w-]+/g, "-")}.${file}`;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  async function again() {
    const answer = await rerun({ backtestId: backtest.id, "idempotency-key": key });
    if (answer.data === undefined) tell(answer.error);
    else void navigate(`/backtests/${answer.data.id}`);
  }

  async function remove() {
    const answer = await destroy({ backtestId: backtest.id });
    setIsAsking(false);
    if (answer.error !== undefined) tell(answer.error);
    else void navigate("/backtests");
  }

  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, mt: 2 }}>
      {backtest.status === "done" &&
        FILES.map((file) => (
          <Button key={file} variant="outlined" size="small" onClick={() => void save(file)}>{t(`backtests.files.${file}`)}</Button>
        ))}
      {isOpen ? (
        <WriteButton variant="outlined" color="error" loading={cancelling.isLoading} onClick={() => void cancel({ backtestId: backtest.id }).then(({ error }) => error !== undefined && tell(error))}>
          {t("backtests.cancel")}
        </WriteButton>
      ) : (
        <>
          <WriteButton variant="outlined" size="small" loading={rerunning.isLoading} onClick={() => void again()}>{t("backtests.again")}</WriteButton>
          <WriteButton variant="outlined" size="small" color="error" onClick={() => setIsAsking(true)}>{t("backtests.delete")}</WriteButton>
        </>
      )}
      <ConfirmDialog
        open={isAsking}
        title={t("backtests.deleteTitle")}
        consequence={t("backtests.deleteText", { name: backtest.name })}
        confirmLabel={t("backtests.delete")}
        busy={destroying.isLoading}
        onConfirm={() => void remove()}
        onClose={() => setIsAsking(false)}
      />
    </Box>
  );
}
