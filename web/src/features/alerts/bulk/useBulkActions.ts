import { useTranslation } from "react-i18next";
import { useActOnAlertsMutation, type Alert, type BulkOrder, type BulkDone } from "@/api";
import { newIdempotencyKey } from "@/api/idempotency";
import { problemOf } from "@/api/problem";
import { useProblemText } from "@/ui/problemText";
import { toastInfo, toastProblem } from "@/ui/toasts";

type Order = Pick<BulkOrder, "action" | "tags" | "until">;
type Matching = NonNullable<BulkOrder["matching"]>;

const BACK = { pause: "resume", resume: "pause" } as const;

/** Act on alerts, say what was done and what was not; pausing and resuming picked ones can be taken back. */
export function useBulkActions() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [send, { isLoading }] = useActOnAlertsMutation();

  async function call(body: BulkOrder): Promise<BulkDone | null> {
    const answer = await send({ "idempotency-key": newIdempotencyKey(), alertsBulkIn: body });
    if (answer.data !== undefined) return answer.data;
    const problem = problemOf(answer.error);
    toastProblem(`${t("bulk.notDone")}. ${textOf(problem)}`, problem);
    return null;
  }

  function tell({ action }: Order, changed: number, refused: BulkDone["refused"], undo?: () => void): void {
    toastInfo(t(`bulk.done.${action}`, { count: changed }), {
      description: refused[0] === undefined ? undefined : t("bulk.refused", { count: refused.length, why: refused[0].message }),
      action: undo === undefined || changed === 0 ? undefined : { label: t("bulk.undo"), onClick: undo },
    });
  }

  /** True where it was done. */
  async function act(alerts: readonly Pick<Alert, "id">[], order: Order, canUndo = true): Promise<boolean> {
    const done = await call({ ...order, alerts: alerts.map(({ id }) => id) });
    if (done === null) return false;
    const left = new Set(done.refused.map(({ alert_id }) => alert_id));
    const back = order.action === "pause" || order.action === "resume" ? BACK[order.action] : null;
    const rest = alerts.filter(({ id }) => !left.has(id));
    tell(order, done.changed, done.refused, back === null || !canUndo ? undefined : () => void act(rest, { action: back }, false));
    return true;
  }

  /** The same with all that match, some hundred at a time. */
  async function actOnAll(matching: Matching, order: Order): Promise<boolean> {
    let changed = 0;
    const refused: BulkDone["refused"] = [];
    for (let after: string | null = null; ; ) {
      const done: BulkDone | null = await call({ ...order, matching, after });
      if (done === null) return false;
      changed += done.changed;
      refused.push(...done.refused);
      after = done.next_after;
      if (after === null) break;
    }
    tell(order, changed, refused);
    return true;
  }

  return { act, actOnAll, isActing: isLoading };
}
