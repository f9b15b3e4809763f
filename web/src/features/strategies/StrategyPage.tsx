import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import Stack from "@mui/material/Stack";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import {
  useCopyStrategyMutation, useCreateStrategyVersionMutation, useDeleteStrategyMutation, useListStrategyVersionsQuery, useShowStrategyQuery,
  type Strategy,
} from "@/api";
import { newIdempotencyKey } from "@/api/idempotency";
import { problemOf, type Problem } from "@/api/problem";
import { Refusal } from "@/ui/Refusal";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import { useProblemText } from "@/ui/problemText";
import { Section } from "@/ui/Section";
import { Time } from "@/ui/Time";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import { fieldsOf, rulesOf } from "./fields";
import { Links } from "./Links";
import { RulesForm } from "./RulesForm";
import "@/i18n/strategies";

/** One strategy: what it does, its versions with what each changed, and the links to it. */
export default function StrategyPage() {
  const { t } = useTranslation();
  const { id = "" } = useParams();
  const query = useShowStrategyQuery({ strategyId: id });
  return (
    <Box sx={{ maxWidth: 860, mx: "auto" }}>
      <MuiLink component={Link} to="/strategies">{t("strategies.detail.back")}</MuiLink>
      <DataState query={query} what={t("strategies.what.strategy")} skeleton={<Skeleton variant="rounded" height={320} />}>
        {(strategy) => <Shown strategy={strategy} />}
      </DataState>
    </Box>
  );
}

function Shown({ strategy }: { strategy: Strategy }) {
  const { t } = useTranslation();
  const [isChanging, setChanging] = useState(false);
  const { version } = strategy;
  return (
    <>
      <PageTitle title={strategy.name}>{strategy.name}</PageTitle>
      {strategy.about !== "" && <Typography color="textSecondary" sx={{ mt: 1, whiteSpace: "pre-line", overflowWrap: "anywhere" }}>{strategy.about}</Typography>}
      <Stack sx={{ gap: 2.5, mt: 2 }}>
        <Section title={t("strategies.version", { number: version.number })}>
          <Typography className="figures" sx={{ overflowWrap: "anywhere" }}>{version.words}</Typography>
          <Box component="ul" sx={{ display: "flex", flexWrap: "wrap", gap: 1, m: 0, mt: 1.5, p: 0, listStyle: "none" }}>
            {version.instruments.map((name) => (
              <li key={name}>
                <Chip size="small" label={name} />
              </li>
            ))}
          </Box>
          <Actions strategy={strategy} isChanging={isChanging} onChange={() => setChanging(!isChanging)} />
        </Section>
        {isChanging && <Revision key={version.id} strategy={strategy} onDone={() => setChanging(false)} />}
        <Versions strategy={strategy} />
        <Links strategy={strategy} />
      </Stack>
    </>
  );
}

function Actions({ strategy, isChanging, onChange }: { strategy: Strategy; isChanging: boolean; onChange: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const textOf = useProblemText();
  const [isAsking, setAsking] = useState(false);
  const [copy, copying] = useCopyStrategyMutation();
  const [destroy, destroying] = useDeleteStrategyMutation();

  function refuse(error: unknown) {
    const problem = problemOf(error);
    toastProblem(`${t("strategies.detail.failed")}. ${textOf(problem)}`, problem);
  }

  async function copyIt() {
    const answer = await copy({ strategyId: strategy.id, "idempotency-key": newIdempotencyKey(), signalsStrategyCopy: {} });
    if (answer.error !== undefined) return refuse(answer.error);
    toastSuccess(t("strategies.detail.copied"), { description: answer.data.name });
    return navigate(`/strategies/${answer.data.id}`);
  }

  async function remove() {
    const { error } = await destroy({ strategyId: strategy.id });
    setAsking(false);
    if (error !== undefined) return refuse(error);
    toastSuccess(t("strategies.detail.deleted"));
    return navigate("/strategies");
  }

  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, mt: 2 }}>
      <Button component={Link} to={`/backtests/new?version=${strategy.version.id}`} variant="contained">{t("strategies.detail.test")}</Button>
      <Button component={Link} to={`/signals?tab=follows&version=${strategy.version.id}`} variant="outlined">{t("strategies.detail.follow")}</Button>
      <WriteButton variant="outlined" onClick={onChange} aria-expanded={isChanging}>
        {t(isChanging ? "strategies.detail.close" : "strategies.detail.change")}
      </WriteButton>
      <WriteButton loading={copying.isLoading} onClick={() => void copyIt()}>{t("strategies.detail.copy")}</WriteButton>
      <WriteButton color="error" onClick={() => setAsking(true)}>{t("strategies.detail.delete")}</WriteButton>
      <ConfirmDialog
        open={isAsking}
        title={t("strategies.detail.deleteTitle", { name: strategy.name })}
        consequence={t("strategies.detail.deleteText")}
        confirmLabel={t("strategies.detail.delete")}
        busy={destroying.isLoading}
        onConfirm={() => void remove()}
        onClose={() => setAsking(false)}
      />
    </Box>
  );
}

function Revision({ strategy, onDone }: { strategy: Strategy; onDone: () => void }) {
  const { t } = useTranslation();
  const [fields, setFields] = useState(fieldsOf(strategy.version.written));
  const [instruments, setInstruments] = useState(strategy.version.instruments);
  const [note, setNote] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [tried, setTried] = useState(false);
  const [revise, { isLoading }] = useCreateStrategyVersionMutation();

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    setTried(true);
    setProblem(null);
    if (instruments.length === 0) return;
    const answer = await revise({
      strategyId: strategy.id,
      "idempotency-key": newIdempotencyKey(),
      signalsVersionCreate: { rules: rulesOf(fields), instruments, note },
    });
    if (answer.error !== undefined) {
      setProblem(problemOf(answer.error));
      return;
    }
    toastSuccess(t("strategies.form.saved", { number: answer.data.version.number }));
    onDone();
  }

  return (
    <Stack component="form" noValidate aria-label={t("strategies.form.change")} onSubmit={(event) => void submit(event)} sx={{ gap: 2.5 }}>
      <RulesForm fields={fields} put={(more) => setFields((now) => ({ ...now, ...more }))} instruments={instruments} onInstruments={setInstruments} problem={problem} tried={tried} />
      <TextField label={t("strategies.form.note")} value={note} onChange={(event) => setNote(event.target.value)} slotProps={{ htmlInput: { maxLength: 200 } }} />
      {problem !== null && <Refusal problem={problem} />}
      <WriteButton type="submit" variant="contained" size="large" loading={isLoading}>{t("strategies.form.save")}</WriteButton>
    </Stack>
  );
}

function Versions({ strategy }: { strategy: Strategy }) {
  const { t } = useTranslation();
  const query = useListStrategyVersionsQuery({ strategyId: strategy.id, limit: 50 });
  return (
    <Section title={t("strategies.detail.versions")}>
      <DataState query={query} what={t("strategies.what.versions")} skeleton={<Skeleton variant="rounded" height={120} />}>
        {({ items }) => (
          <Box component="ol" sx={{ listStyle: "none", m: 0, p: 0, display: "grid", gap: 2 }}>
            {items.map(({ version, changes }) => (
              <li key={version.id}>
                <Typography sx={{ fontWeight: 650 }}>
                  {t("strategies.version", { number: version.number })} · <Time iso={version.created_at} />
                </Typography>
                {version.note !== "" && <Typography variant="body2">{version.note}</Typography>}
                {(changes.length === 0 ? [t("strategies.detail.first")] : changes).map((change) => (
                  <Typography key={change} variant="body2" color="textSecondary" className="figures" sx={{ overflowWrap: "anywhere" }}>{change}</Typography>
                ))}
              </li>
            ))}
          </Box>
        )}
      </DataState>
    </Section>
  );
}
