import Box from "@mui/material/Box";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import Stack from "@mui/material/Stack";
import TextField from "@mui/material/TextField";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useSearchParams } from "react-router";
import { useCreateStrategyMutation, useListStrategyTemplatesQuery, type StrategyTemplate } from "@/api";
import { newIdempotencyKey } from "@/api/idempotency";
import { problemOf, type Problem } from "@/api/problem";
import { Refusal } from "@/ui/Refusal";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import { toastSuccess } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import { EMPTY, fieldsOf, rulesOf } from "./fields";
import { RulesForm } from "./RulesForm";
import "@/i18n/strategies";

/** Write a strategy from scratch, or from the template that the address names. */
export default function NewStrategyPage() {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const key = params.get("template");
  const query = useListStrategyTemplatesQuery(undefined, { skip: key === null });
  return (
    <Box sx={{ maxWidth: 860, mx: "auto" }}>
      <MuiLink component={Link} to="/strategies">{t("strategies.detail.back")}</MuiLink>
      <PageTitle title={t("strategies.form.title")}>{t("strategies.form.title")}</PageTitle>
      <Box sx={{ mt: 2 }}>
        {key === null ? (
          <NewStrategy />
        ) : (
          <DataState query={query} what={t("strategies.what.templates")} skeleton={<Skeleton variant="rounded" height={480} />}>
            {({ items }) => <NewStrategy template={items.find((each) => each.key === key)} />}
          </DataState>
        )}
      </Box>
    </Box>
  );
}

function NewStrategy({ template }: { template?: StrategyTemplate }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [name, setName] = useState(template?.name ?? "");
  const [about, setAbout] = useState(template?.about ?? "");
  const [fields, setFields] = useState(template === undefined ? EMPTY : fieldsOf(template.rules));
  const [instruments, setInstruments] = useState<string[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [tried, setTried] = useState(false);
  const [key, setKey] = useState(newIdempotencyKey);
  const [create, { isLoading }] = useCreateStrategyMutation();

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    setTried(true);
    setProblem(null);
    if (name.trim() === "" || instruments.length === 0) return;
    const answer = await create({
      "idempotency-key": key,
      signalsStrategyCreate: { name, about, rules: rulesOf(fields), instruments, template: template?.key ?? null },
    });
    if (answer.error !== undefined) {
      setProblem(problemOf(answer.error));
      setKey(newIdempotencyKey());
      return;
    }
    toastSuccess(t("strategies.form.created"), { description: answer.data.version.words });
    await navigate(`/strategies/${answer.data.id}`);
  }

  return (
    <Stack component="form" noValidate onSubmit={(event) => void submit(event)} sx={{ gap: 2.5 }}>
      {problem !== null && <Refusal problem={problem} />}
      <TextField
        label={t("strategies.form.name")}
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={tried && name.trim() === ""}
        helperText={tried && name.trim() === "" ? t("strategies.form.nameNeeded") : undefined}
        slotProps={{ htmlInput: { maxLength: 80 } }}
      />
      <TextField label={t("strategies.form.about")} value={about} multiline onChange={(event) => setAbout(event.target.value)} slotProps={{ htmlInput: { maxLength: 1000 } }} />
      <RulesForm fields={fields} put={(more) => setFields((now) => ({ ...now, ...more }))} instruments={instruments} onInstruments={setInstruments} problem={problem} tried={tried} />
      <WriteButton type="submit" variant="contained" size="large" loading={isLoading}>
        {t("strategies.form.create")}
      </WriteButton>
    </Stack>
  );
}
