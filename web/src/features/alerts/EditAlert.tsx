import Skeleton from "@mui/material/Skeleton";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useShowAlertQuery, useChangeAlertMutation, type Alert } from "@/api";
import { problemOf, type Problem } from "@/api/problem";
import { DataState } from "@/ui/DataState";
import { useRuleText } from "@/ui/ruleText";
import { toastSuccess } from "@/ui/toasts";
import { AlertForm } from "./AlertForm";
import "@/i18n/alerts";

const Builder = lazy(() => import("./builder/Builder"));

export function EditAlert({ alertId, onDone }: { alertId: string; onDone: () => void }) {
  const { t } = useTranslation();
  const query = useShowAlertQuery({ alertId });
  return (
    <DataState query={query} what={t("alerts.what.one")} skeleton={<Skeleton variant="rounded" height={360} />}>
      {(alert) =>
        alert.alert_type === "threshold" ? (
          <Form alert={alert} onDone={onDone} />
        ) : (
          <Suspense fallback={<Skeleton variant="rounded" height={360} />}>
            <Builder alert={alert} onDone={onDone} />
          </Suspense>
        )
      }
    </DataState>
  );
}

function Form({ alert, onDone }: { alert: Alert; onDone: () => void }) {
  const { t } = useTranslation();
  const ruleText = useRuleText();
  const [update] = useChangeAlertMutation();
  const [problem, setProblem] = useState<Problem | null>(null);
  return (
    <AlertForm
      fixedStock
      initial={{
        stock: { ...alert, symbol: alert.stock_symbol },
        condition: alert.condition ?? "above",
        price: alert.threshold_price ?? "",
        note: alert.note ?? "",
      }}
      submitLabel={t("alerts.form.save")}
      problem={problem}
      onSubmit={async ({ condition, price, note }) => {
        setProblem(null);
        const answer = await update({ alertId: alert.id, // An empty note takes the note away; null would leave it.
          alertsAlertChange: { condition, threshold_price: price, note: note ?? "" } });
        if (answer.error !== undefined) {
          const refused = problemOf(answer.error);
          setProblem(refused);
          return refused;
        }
        toastSuccess(t("alerts.form.saved"), { description: `${alert.stock_symbol} ${ruleText(answer.data)}` });
        onDone();
        return null;
      }}
    />
  );
}
