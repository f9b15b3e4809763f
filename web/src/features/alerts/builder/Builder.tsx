import "@/i18n/bulk";
import "@/i18n/conditions";
import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Checkbox from "@mui/material/Checkbox";
import FormControlLabel from "@mui/material/FormControlLabel";
import FormGroup from "@mui/material/FormGroup";
import Skeleton from "@mui/material/Skeleton";
import Stack from "@mui/material/Stack";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { lazy, Suspense, type SyntheticEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useChangeAlertMutation, useChangeWatchlistRuleMutation, useCreateAlertMutation, useCreateWatchlistRuleMutation, usePreviewAlertMutation, type Alert as AlertOut, type Preview, type Watchlist, type WatchlistRule } from "@/api";
import { newIdempotencyKey } from "@/api/idempotency";
import { problemOf, type Problem } from "@/api/problem";
import { StockField, type Choice } from "@/ui/StockField";
import { toastSuccess } from "@/ui/toasts";
import { useDebounced } from "@/ui/useDebounced";
import { WriteButton } from "@/ui/WriteButton";
import { Refusal } from "@/ui/Refusal";
import { Choose } from "@/ui/Choose";
import { MemberField, More, refusedIn } from "./fields";
import {
  conditionOf, COOL_DOWNS, EMPTY, fieldsOf, frequenciesOf, INTERVALS, membersOf, missing, OPERATORS, restOf, termsOf, type Frequency, type Operator,
  type RuleFields,
} from "./rule";
import "@/i18n/alerts";

const PreviewChart = lazy(() => import("./PreviewChart"));
const SignalFields = lazy(() => import("./SignalFields"));

const DAYS = 30;

interface BuilderProps {
  /** An alert to be changed; its stock stays. */
  alert?: AlertOut;
  stock?: Choice | null;
  /** A list whose stocks each get this alert, in place of one stock. */
  watchlist?: Watchlist;
  /** The rule over that list that is to be changed. */
  rule?: WatchlistRule;
  onDone: () => void;
}

/** Build an alert of any condition: said in plain words above, and shown over recorded prices below, before it is saved. */
export default function Builder({ alert, stock: given = null, watchlist, rule, onDone }: BuilderProps) {
  const { t } = useTranslation();
  const existing = alert ?? rule;
  const [fields, setFields] = useState<RuleFields>(existing === undefined ? EMPTY : fieldsOf(existing));
  const [stock, setStock] = useState<Choice | null>(alert === undefined ? given : { ...alert, symbol: alert.stock_symbol });
  const [problem, setProblem] = useState<Problem | null>(null);
  const [tried, setTried] = useState(false);
  const [key, setKey] = useState(newIdempotencyKey);
  const [create, { isLoading: creating }] = useCreateAlertMutation();
  const [createRule, { isLoading: creatingRule }] = useCreateWatchlistRuleMutation();
  const [change, { isLoading: changing }] = useChangeAlertMutation();
  const [changeRule, { isLoading: changingRule }] = useChangeWatchlistRuleMutation();
  const put = (more: Partial<RuleFields>) => setFields((now) => ({ ...now, ...more }));
  const lacking = missing(fields);
  const isSignal = fields.operator === "signal";
  const preview = usePreview(watchlist?.instruments[0] ?? stock?.instrument, fields, lacking.length === 0);

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    setTried(true);
    setProblem(null);
    if ((watchlist === undefined && stock === null) || lacking.length > 0) return;
    const body = { ...conditionOf(fields), ...termsOf(fields), ...restOf(fields) };
    const wish = { alert_type: typeOf(fields), ...body };
    const answer =
      alert !== undefined
        ? await change({ alertId: alert.id, alertsAlertChange: body })
        : rule !== undefined
          ? await changeRule({ ruleId: rule.id, alertsAlertChange: body })
          : watchlist !== undefined
            ? await createRule({ "idempotency-key": key, alertsWatchlistRuleCreate: { watchlist_id: watchlist.id, ...wish } })
            : await create({ "idempotency-key": key, alertsAlertCreate: { stock_symbol: stock?.instrument ?? "", ...wish } });
    if (answer.error !== undefined) {
      const refused = problemOf(answer.error);
      setProblem(refused);
      if (refused.code === "idempotency_key_reused") setKey(newIdempotencyKey());
      return;
    }
    const told = watchlist === undefined ? (alert === undefined ? "alerts.form.created" : "alerts.form.saved") : rule === undefined ? "bulk.rules.created" : "bulk.rules.saved";
    toastSuccess(t(told), { description: "words" in answer.data ? answer.data.words : answer.data.summary });
    onDone();
  }

  return (
    <Stack component="form" noValidate onSubmit={(event) => void submit(event)} sx={{ gap: 2.5 }}>
      <Said preview={preview.shown} />
      {problem !== null && <Refusal problem={problem} />}
      {watchlist !== undefined && <OverList watchlist={watchlist} />}
      {alert === undefined && watchlist === undefined && (
        <StockField value={stock} onChange={setStock} error={tried && stock === null ? t("alerts.form.stockNeeded") : undefined} />
      )}
      <Choose label={t("conditions.operator")} value={fields.operator} options={OPERATORS} nameOf={(name) => t(`conditions.operators.${name}`)} onChange={(operator) => put(chosen(operator as Operator, fields))} />
      <Box sx={{ display: "grid", gap: 2, gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" } }}>
        {isSignal && (
          <Suspense fallback={<Skeleton variant="rounded" height={56} sx={{ gridColumn: "1 / -1" }} />}>
            <SignalFields fields={fields} put={put} problem={problem} />
          </Suspense>
        )}
        {membersOf(fields.operator).map((member) => (
          <MemberField key={member} member={member} fields={fields} put={put} bad={tried && lacking.includes(member)} problem={problem} />
        ))}
      </Box>
      <Box sx={{ display: "grid", gap: 2, gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" } }}>
        <Choose label={t("conditions.frequency")} value={fields.frequency} options={frequenciesOf(fields.operator)} nameOf={(name) => t(`conditions.frequencies.${name}`)} onChange={(frequency) => put({ frequency: frequency as Frequency })} />
        {(fields.operator === "expression" || fields.frequency.startsWith("once_per_bar")) && (
          <Choose label={t("conditions.interval")} value={fields.interval} options={INTERVALS} nameOf={(name) => t(`conditions.intervals.${name}`)} onChange={(interval) => put({ interval: interval as RuleFields["interval"] })} />
        )}
        {fields.frequency !== "once" && (
          <>
            <Choose label={t("conditions.coolDown")} value={fields.coolDown} options={COOL_DOWNS} nameOf={(name) => t(`conditions.coolDowns.${name}`)} onChange={(coolDown) => put({ coolDown })} />
            {!isSignal && (
              <TextField
                label={t("conditions.band")}
                value={fields.band}
                onChange={(event) => put({ band: event.target.value })}
                helperText={refusedIn(problem, "rearm_band") ?? t("conditions.bandHint")}
                error={refusedIn(problem, "rearm_band") !== null}
                slotProps={{ htmlInput: { inputMode: "decimal", autoComplete: "off" } }}
              />
            )}
          </>
        )}
      </Box>
      <FormGroup>
        {!isSignal && <FormControlLabel control={<Checkbox checked={fields.hours} onChange={(_, hours) => put({ hours })} />} label={t("conditions.hours")} />}
        {fields.frequency !== "once" && (
          <FormControlLabel control={<Checkbox checked={fields.tellCleared} onChange={(_, tellCleared) => put({ tellCleared })} />} label={t(isSignal ? "conditions.signal.tellEnded" : "conditions.tellCleared")} />
        )}
      </FormGroup>
      <More fields={fields} put={put} problem={problem} />
      {preview.isAsking && <Skeleton variant="rounded" height={132} role="status" aria-label={t("conditions.preview.asking")} />}
      {preview.refused !== null && <Alert severity="info">{preview.refused}</Alert>}
      {preview.shown !== undefined && !isSignal && (
        <Suspense fallback={<Skeleton variant="rounded" height={160} />}>
          <PreviewChart preview={preview.shown} days={DAYS} />
        </Suspense>
      )}
      <WriteButton type="submit" variant="contained" size="large" loading={creating || creatingRule || changing || changingRule}>
        {t(existing !== undefined ? "alerts.form.save" : watchlist !== undefined ? "bulk.rules.submit" : "alerts.form.submit")}
      </WriteButton>
    </Stack>
  );
}

/** Ask what a rule would have done, a moment after the last key. */
function usePreview(instrument: string | undefined, fields: RuleFields, complete: boolean) {
  const { t } = useTranslation();
  const [ask, { data, error, isLoading }] = usePreviewAlertMutation();
  const wanted =
    complete && instrument !== undefined
      ? JSON.stringify({ stock_symbol: instrument, alert_type: typeOf(fields), ...conditionOf(fields), ...termsOf(fields), days: DAYS })
      : "";
  const settled = useDebounced(wanted, 400);
  useEffect(() => {
    if (settled === "") return;
    const asked = ask({ alertsPreviewIn: JSON.parse(settled) });
    return () => asked.abort();
  }, [settled, ask]);
  const isCurrent = settled !== "" && settled === wanted;
  const problem = isCurrent && error !== undefined ? problemOf(error) : null;
  const refused = problem === null ? null : (refusedIn(problem, "expression") ?? refusedIn(problem, "rule") ?? t("conditions.preview.failed"));
  return { shown: isCurrent && error === undefined ? data : undefined, isAsking: isCurrent && isLoading, refused };
}

/** Of which list's stocks the rule speaks, and whose prices the preview shows. */
function OverList({ watchlist }: { watchlist: Watchlist }) {
  const { t } = useTranslation();
  return (
    <Alert severity="info" icon={false}>
      <strong>{watchlist.name}</strong>: {t("bulk.rules.stock", { count: watchlist.instruments.length })}{" "}
      {watchlist.instruments.length > 0 && t("bulk.rules.shownFor")}
    </Alert>
  );
}

/** The rule in the API's own words. */
function Said({ preview }: { preview: Preview | undefined }) {
  const { t } = useTranslation();
  return (
    <Box sx={{ p: 2, borderRadius: 2.5, bgcolor: "action.hover" }}>
      <Typography sx={{ fontWeight: 600 }} className="figures" aria-live="polite">
        {preview?.words ?? t("conditions.sentenceStart")}
      </Typography>
      {preview?.already_true === true && (
        <Alert severity="warning" role="status" sx={{ mt: 1.5 }}>
          {t("conditions.already")}
        </Alert>
      )}
    </Box>
  );
}

function typeOf({ operator }: RuleFields): "price" | "expression" | "signal" {
  return operator === "expression" || operator === "signal" ? operator : "price";
}

/** Another condition; how often it may fire stays where the new one can. */
function chosen(operator: Operator, { frequency }: RuleFields): Partial<RuleFields> {
  return frequenciesOf(operator).includes(frequency) ? { operator } : { operator, frequency: "every_time" };
}
