import { useTranslation } from "react-i18next";
import { useActOnAlertsMutation, type Alert, type BulkOrder } from "@/api";
import { newIdempotencyKey } from "@/api/idempotency";
import { problemOf } from "@/api/problem";
import { useProblemText } from "@/ui/problemText";
import { toastInfo, toastProblem } from "@/ui/toasts";

type Order = Omit<BulkOrder, "alerts">;

const BACK = { pause: "resume", resume: "pause" } as const;

/** Act on alerts, say what was done and what was not; pausing and resuming can be taken back. */
export function useBulkActions() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [send, { isLoading }] = useActOnAlertsMutation();

  /** True where it was done. */
  async function act(alerts: readonly Pick<Alert, "id">[], order: Order, canUndo = true): Promise<boolean> {
    const ids = alerts.map(({ id }) => id);
    const answer = await send({ "idempotency-key": newIdempotencyKey(), alertsBulkIn: { ...order, alerts: ids } });
    if (answer.data === undefined) {
      const problem = problemOf(answer.error);
      toastProblem(`${t("bulk.notDone")}. ${textOf(problem)}`, problem);
      return false;
    }
    const { changed, refused } = answer.data;
    const left = new Set(refused.map(({ alert_id }) => alert_id));
    const back = order.action === "pause" || order.action === "resume" ? BACK[order.action] : null;
    const done = alerts.filter(({ id }) => !left.has(id));
    toastInfo(t(`bulk.done.${order.action}`, { count: changed }), {
      description: refused[0] === undefined ? undefined : t("bulk.refused", { count: refused.length, why: refused[0].message }),
      action: back !== null && canUndo && changed > 0 ? { label: t("bulk.undo"), onClick: () => void act(done, { action: back }, false) } : undefined,
    });
    return true;
  }

  return { act, isActing: isLoading };
}
