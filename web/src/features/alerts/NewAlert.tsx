import { useState } from "react";
import { useTranslation } from "react-i18next";
import { skipToken } from "@reduxjs/toolkit/query";
import Skeleton from "@mui/material/Skeleton";
import { useCreateAlertMutation, useGetStockQuery } from "@/api";
import { newIdempotencyKey } from "@/api/idempotency";
import { problemOf, type Problem } from "@/api/problem";
import { DataState } from "@/ui/DataState";
import type { AlertDraft } from "@/ui/alertPanel";
import { useRuleText } from "@/ui/ruleText";
import { toastSuccess } from "@/ui/toasts";
import { AlertForm } from "./AlertForm";
import type { Choice } from "@/ui/StockField";
import "@/i18n/alerts";
import "@/i18n/market";

interface NewAlertProps {
  draft: AlertDraft;
  onDone: () => void;
}

/** The form of a new alert; a stock that the draft names is looked up first. */
export function NewAlert({ draft, onDone }: NewAlertProps) {
  const { t } = useTranslation();
  const { instrument } = draft;
  const query = useGetStockQuery(instrument === undefined ? skipToken : { symbol: instrument });
  if (instrument === undefined) return <Form draft={draft} stock={null} onDone={onDone} />;
  return (
    <DataState query={query} what={t("market.what.stock")} skeleton={<Skeleton variant="rounded" height={420} />}>
      {(stock) => <Form draft={draft} stock={stock} onDone={onDone} />}
    </DataState>
  );
}

function Form({ draft, stock, onDone }: NewAlertProps & { stock: Choice | null }) {
  const { t } = useTranslation();
  const ruleText = useRuleText();
  const [create] = useCreateAlertMutation();
  const [problem, setProblem] = useState<Problem | null>(null);
  // One key for this form: a double click, or a second try after a time-out, creates one alert.
  const [key, setKey] = useState(newIdempotencyKey);
  return (
    <AlertForm
      initial={{ stock, condition: draft.condition ?? "above", price: draft.price ?? "", note: "" }}
      submitLabel={t("alerts.form.submit")}
      problem={problem}
      onSubmit={async ({ stock: chosen, condition, price, note }) => {
        setProblem(null);
        const answer = await create({
          "idempotency-key": key,
          alertsAlertCreate: { stock_symbol: chosen.instrument, alert_type: "threshold", condition, threshold_price: price, note },
        });
        if (answer.error !== undefined) {
          const refused = problemOf(answer.error);
          setProblem(refused);
          if (refused.code === "idempotency_key_reused") setKey(newIdempotencyKey());
          return refused;
        }
        toastSuccess(t("alerts.form.created"), {
          description: `${answer.data.stock_symbol} ${ruleText(answer.data)}`,
        });
        onDone();
        return null;
      }}
    />
  );
}
