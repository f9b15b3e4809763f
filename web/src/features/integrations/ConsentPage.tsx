import { addTexts } from "@/i18n";
import { integrations } from "@/i18n/en/integrations";
import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Skeleton from "@mui/material/Skeleton";
import Stack from "@mui/material/Stack";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { useDecideAuthorizationMutation, useShowAuthorizationQuery, type AppRequest } from "@/api";
import { problemOf, type Problem } from "@/api/problem";
import { DataState } from "@/ui/DataState";
import { Narrow } from "@/ui/Narrow";
import { useProblemText } from "@/ui/problemText";
import { ScopeList } from "./ScopeList";

addTexts({ integrations });

/** The page to which an app sends a person: who asks, what for, and the person's word. Nothing happens by opening it. */
export default function ConsentPage() {
  const { t } = useTranslation();
  const [search] = useSearchParams();
  const given = (name: string) => search.get(name) ?? undefined;
  const query = useShowAuthorizationQuery({
    responseType: given("response_type"),
    clientId: given("client_id"),
    redirectUri: given("redirect_uri"),
    scope: given("scope"),
    state: given("state"),
    codeChallenge: given("code_challenge"),
    codeChallengeMethod: given("code_challenge_method"),
  });
  if (query.error !== undefined && "data" in query.error && problemOf(query.error).code === "app_request_refused") {
    return <Refused problem={problemOf(query.error)} back={backOf(query.error.data)} />;
  }
  return (
    <Narrow title={t("integrations.consent.title")} heading={query.data === undefined ? t("integrations.consent.title") : t("integrations.consent.heading", { name: query.data.name })}>
      <DataState query={query} what={t("integrations.what.request")} skeleton={<Skeleton variant="rounded" height={220} />}>
        {(asked) => <Decide asked={asked} fields={Object.fromEntries(search)} />}
      </DataState>
    </Narrow>
  );
}

function Decide({ asked, fields }: { asked: AppRequest; fields: Record<string, string> }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [decide] = useDecideAuthorizationMutation();
  const [busy, setBusy] = useState<boolean | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);

  async function say(allow: boolean) {
    setBusy(allow);
    setProblem(null);
    const answer = await decide({
      authDecision: {
        response_type: fields.response_type,
        client_id: fields.client_id,
        redirect_uri: fields.redirect_uri,
        scope: fields.scope,
        state: fields.state,
        code_challenge: fields.code_challenge,
        code_challenge_method: fields.code_challenge_method,
        allow,
      },
    });
    if (answer.data !== undefined) window.location.assign(answer.data.redirect_to);
    else {
      setBusy(null);
      setProblem(problemOf(answer.error));
    }
  }

  return (
    <Stack sx={{ gap: 2 }}>
      {problem !== null && (
        <Alert severity="error" role="alert">
          {textOf(problem)}
        </Alert>
      )}
      <Alert severity="info">{t("integrations.consent.from", { host: asked.host })}</Alert>
      <Box>
        <Typography sx={{ fontWeight: 600, mb: 0.5 }}>{t("integrations.consent.may")}</Typography>
        <ScopeList scopes={asked.scopes} />
      </Box>
      <Typography variant="body2" color="textSecondary">
        {t("integrations.consent.mayNot")} {!asked.scopes.includes("orders:write") && t("integrations.consent.noOrders")} {t("integrations.consent.undo")}
      </Typography>
      <Box sx={{ display: "flex", gap: 1, flexWrap: "wrap" }}>
        <Button variant="contained" loading={busy === true} disabled={busy !== null} onClick={() => void say(true)}>
          {t("integrations.consent.allow")}
        </Button>
        <Button variant="outlined" loading={busy === false} disabled={busy !== null} onClick={() => void say(false)}>
          {t("integrations.consent.deny")}
        </Button>
      </Box>
    </Stack>
  );
}

/** Goes nowhere by itself: who registered an app could otherwise use our address to send people on. */
function Refused({ problem, back }: { problem: Problem; back: string | null }) {
  const { t } = useTranslation();
  return (
    <Narrow title={t("integrations.consent.badTitle")} heading={t("integrations.consent.badTitle")} text={t("integrations.consent.badText")}>
      <Stack sx={{ gap: 2 }}>
        <Typography role="alert" color="textSecondary" variant="body2">
          {problem.detail}
        </Typography>
        <Box sx={{ display: "flex", gap: 1, flexWrap: "wrap" }}>
          <Button component={Link} to="/dashboard" variant="contained">
            {t("integrations.consent.home")}
          </Button>
          {back !== null && (
            <Button href={back} variant="outlined">
              {t("integrations.consent.back")}
            </Button>
          )}
        </Box>
      </Stack>
    </Narrow>
  );
}

function backOf(data: unknown): string | null {
  const back = typeof data === "object" && data !== null && "redirect_to" in data ? data.redirect_to : null;
  return typeof back === "string" && /^https?:\/\//.test(back) ? back : null;
}
