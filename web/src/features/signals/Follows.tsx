import Box from "@mui/material/Box";
import Chip from "@mui/material/Chip";
import MenuItem from "@mui/material/MenuItem";
import Skeleton from "@mui/material/Skeleton";
import Stack from "@mui/material/Stack";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { useEndFollowMutation, useFollowStrategyMutation, useListFollowsQuery, useListStrategiesQuery, type Follow } from "@/api";
import { problemOf } from "@/api/problem";
import { DataState } from "@/ui/DataState";
import { useProblemText } from "@/ui/problemText";
import { AskedButton, Row } from "@/ui/Row";
import { Section } from "@/ui/Section";
import { Time } from "@/ui/Time";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import "@/i18n/signals";

/** The strategies that one follows, and a form to follow one more. */
export function Follows() {
  const { t } = useTranslation();
  const query = useListFollowsQuery({ limit: 100 });
  return (
    <Stack sx={{ gap: 2.5 }}>
      <FollowForm />
      <Section title={t("signals.tabs.follows")}>
        <DataState
          query={query}
          what={t("signals.what.follows")}
          skeleton={<Skeleton variant="rounded" height={120} />}
          isEmpty={({ items }) => items.length === 0}
          empty={<Typography>{t("signals.nothingFollowed")}</Typography>}
        >
          {({ items }) => (
            <Box component="ul" sx={{ listStyle: "none", p: 0, m: 0 }}>
              {items.map((follow) => (
                <FollowRow key={follow.id} follow={follow} />
              ))}
            </Box>
          )}
        </DataState>
      </Section>
    </Stack>
  );
}

function FollowRow({ follow }: { follow: Follow }) {
  const { t } = useTranslation();
  const [end] = useEndFollowMutation();
  const name = t("signals.by", { strategy: follow.strategy, number: follow.version_number });
  return (
    <Row
      title={
        <>
          {name} <Chip size="small" label={follow.interval} />
          {follow.status === "ended" && <Chip size="small" variant="outlined" label={t("signals.ended")} />}
        </>
      }
      actions={
        follow.status === "active" ? (
          <AskedButton
            label={t("signals.stopFollowing")}
            spoken={t("signals.stopOf", { strategy: follow.strategy })}
            title={t("signals.stopTitle", { strategy: follow.strategy })}
            consequence={t("signals.stopText")}
            onConfirm={() => end({ followId: follow.id })}
          />
        ) : null
      }
    >
      <Box component="ul" sx={{ pl: 2.5, m: 0 }}>
        {follow.instruments.map(({ instrument, seen_at, trouble }) => (
          <Typography component="li" variant="body2" color="textSecondary" key={instrument}>
            {instrument}: {trouble ?? (seen_at === null ? t("signals.waiting") : <>{t("signals.seen")} <Time iso={seen_at} absolute /></>)}
          </Typography>
        ))}
      </Box>
      <Link to={`/signals/records/${follow.version_id}`}>{t("signals.record")}</Link>
    </Row>
  );
}

function FollowForm() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const query = useListStrategiesQuery({ limit: 100 });
  const [follow, { isLoading }] = useFollowStrategyMutation();
  const [params] = useSearchParams();
  const [chosen, setChosen] = useState(params.get("version") ?? "");
  const versionId = query.data?.items.some(({ version }) => version.id === chosen) ? chosen : "";
  const [capital, setCapital] = useState("");
  const bad = capital.trim() !== "" && !/^\d{1,14}(\.\d{1,4})?$/.test(capital.trim());

  async function submit(event: SyntheticEvent, name: string) {
    event.preventDefault();
    if (versionId === "" || bad) return;
    const answer = await follow({ signalsFollowIn: { version_id: versionId, capital: capital.trim() || null } });
    if (answer.error === undefined) {
      toastSuccess(t("signals.begun", { strategy: name }));
      setChosen("");
      return;
    }
    const problem = problemOf(answer.error);
    toastProblem(`${t("signals.failed")}. ${textOf(problem)}`, problem);
  }

  return (
    <Section title={t("signals.follow")} intro={t("signals.followText")}>
      <DataState
        query={query}
        what={t("signals.what.strategies")}
        skeleton={<Skeleton variant="rounded" height={56} />}
        isEmpty={({ items }) => items.length === 0}
        empty={
          <Typography>
            {t("signals.noStrategies")} <Link to="/strategies">{t("signals.makeStrategy")}</Link>
          </Typography>
        }
      >
        {({ items }) => {
          const name = items.find(({ version }) => version.id === versionId)?.name ?? "";
          return (
            <Box component="form" onSubmit={(event) => void submit(event, name)} sx={{ display: "flex", flexWrap: "wrap", gap: 1.5, alignItems: "start" }}>
              <TextField select label={t("signals.strategy")} value={versionId} onChange={(event) => setChosen(event.target.value)} sx={{ flex: "1 1 220px" }} fullWidth={false}>
                {items.map(({ id, name: label, version }) => (
                  <MenuItem key={id} value={version.id}>
                    {t("signals.by", { strategy: label, number: version.number })}
                  </MenuItem>
                ))}
              </TextField>
              <TextField
                label={t("signals.capital")}
                value={capital}
                onChange={(event) => setCapital(event.target.value)}
                error={bad}
                helperText={bad ? t("signals.capitalBad") : t("signals.capitalHint")}
                slotProps={{ htmlInput: { inputMode: "decimal" } }}
                sx={{ flex: "1 1 200px" }}
                fullWidth={false}
              />
              <WriteButton type="submit" variant="contained" loading={isLoading} disabled={versionId === "" || bad} sx={{ minHeight: 44 }}>
                {t("signals.begin")}
              </WriteButton>
            </Box>
          );
        }}
      </DataState>
    </Section>
  );
}
