import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useCreateCustomIndicatorMutation, useDeleteCustomIndicatorMutation, useListCustomIndicatorsQuery, type CustomIndicator } from "@/api";
import { newIdempotencyKey } from "@/api/idempotency";
import { messageFor, problemOf, type Problem } from "@/api/problem";
import ExpressionField from "@/ui/expression/ExpressionField";
import { Refusal } from "@/ui/Refusal";
import { DataState } from "@/ui/DataState";
import { useProblemText } from "@/ui/problemText";
import { Row } from "@/ui/Row";
import { Section } from "@/ui/Section";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import "@/i18n/strategies";

/** Expressions with names of one's own. */
export function Indicators() {
  const { t } = useTranslation();
  const query = useListCustomIndicatorsQuery();
  return (
    <Section title={t("strategies.indicators.title")} intro={t("strategies.indicators.intro")}>
      <DataState
        query={query}
        what={t("strategies.what.indicators")}
        skeleton={<Skeleton variant="rounded" height={80} />}
        isEmpty={({ items }) => items.length === 0}
        empty={<Typography variant="body2" color="textSecondary">{t("strategies.indicators.none")}</Typography>}
      >
        {({ items }) => (
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {items.map((one) => <Named key={one.id} indicator={one} />)}
          </Box>
        )}
      </DataState>
      <NameOne />
    </Section>
  );
}

function Named({ indicator }: { indicator: CustomIndicator }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [destroy, { isLoading }] = useDeleteCustomIndicatorMutation();

  async function remove() {
    const { error } = await destroy({ indicatorId: indicator.id });
    if (error === undefined) return toastSuccess(t("strategies.indicators.deleted"));
    const problem = problemOf(error);
    return toastProblem(textOf(problem), problem);
  }

  return (
    <Row
      title={<code>{indicator.name}</code>}
      actions={
        <WriteButton size="small" color="error" loading={isLoading} onClick={() => void remove()}>
          {t("strategies.indicators.delete", { name: indicator.name })}
        </WriteButton>
      }
    >
      <Typography variant="body2" className="figures">{indicator.expression}</Typography>
      <Typography variant="caption" color="textSecondary">{indicator.words}</Typography>
    </Row>
  );
}

function NameOne() {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [expression, setExpression] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [create, { isLoading }] = useCreateCustomIndicatorMutation();
  const wrong = (member: string) => (problem === null ? null : messageFor(problem, member));

  async function add(event: SyntheticEvent) {
    event.preventDefault();
    setProblem(null);
    const answer = await create({ "idempotency-key": newIdempotencyKey(), signalsIndicatorCreate: { name: name.trim(), expression } });
    if (answer.error !== undefined) return setProblem(problemOf(answer.error));
    setName("");
    setExpression("");
    return toastSuccess(t("strategies.indicators.added"), { description: answer.data.words });
  }

  return (
    <Box component="form" noValidate onSubmit={(event) => void add(event)} sx={{ display: "grid", gap: 2, mt: 2, gridTemplateColumns: "minmax(0, 1fr)" }}>
      {problem !== null && (
        <Box sx={{ gridColumn: "1 / -1" }}>
          <Refusal problem={problem} />
        </Box>
      )}
      <TextField label={t("strategies.indicators.name")} value={name} onChange={(event) => setName(event.target.value)} error={wrong("name") !== null} helperText={wrong("name")} slotProps={{ htmlInput: { maxLength: 30, spellCheck: false, autoComplete: "off" } }} />
      <ExpressionField label={t("strategies.indicators.expression")} value={expression} hint={t("strategies.form.expressionHint")} error={wrong("expression")} presets={false} onWrite={setExpression} />
      <WriteButton type="submit" variant="outlined" loading={isLoading} disabled={name.trim() === "" || expression.trim() === ""} sx={{ justifySelf: "start" }}>
        {t("strategies.indicators.add")}
      </WriteButton>
    </Box>
  );
}
