import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import LinearProgress from "@mui/material/LinearProgress";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useDecideFirstStepMutation, useShowFirstStepsQuery, type FirstSteps, type Step } from "@/api";
import { useSession, useSessionState } from "@/session/context";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import { StepBody } from "./StepBody";
import "@/i18n/profile";

/** The first steps one after the other. What was decided is kept, so that they go on where somebody left. */
export default function WelcomePage() {
  const { t } = useTranslation();
  const { user } = useSessionState();
  const query = useShowFirstStepsQuery();
  return (
    <Box sx={{ maxWidth: 620, mx: "auto" }}>
      <PageTitle title={t("profile.steps.pageTitle")}>{t("profile.steps.title", { name: user?.first_name ?? "" })}</PageTitle>
      <Typography color="textSecondary">{t("profile.steps.text")}</Typography>
      <Box sx={{ mt: 2.5 }}>
        <DataState query={query} what={t("profile.steps.what")} skeleton={<Skeleton variant="rounded" height={320} />}>
          {(steps) => <Walk steps={steps} />}
        </DataState>
      </Box>
    </Box>
  );
}

function Walk({ steps }: { steps: FirstSteps }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const session = useSession();
  const [decide, { isLoading }] = useDecideFirstStepMutation();
  const order = steps.steps.map(({ step }) => step).filter((step) => step !== "dashboard");
  // Once begun, the walk goes its own way: what is skipped here comes again only with the next visit.
  const [at, setAt] = useState(() => Math.max(0, order.findIndex((step) => stateOf(steps, step) !== "done")));
  const step = order[at] ?? "dashboard";

  async function leave(to = "/dashboard") {
    await decide({ step: "dashboard", authStepIn: { outcome: "skipped" } });
    session.updateUser({ first_steps_due: false });
    void navigate(to);
  }

  async function go(outcome: "done" | "skipped", to?: string) {
    if (step !== "dashboard") await decide({ step, authStepIn: { outcome } });
    if (to !== undefined || at + 1 >= order.length) await leave(to);
    else setAt(at + 1);
  }

  return (
    <Card sx={{ p: { xs: 2, sm: 3 } }}>
      <Typography variant="caption" color="textSecondary" component="p">
        {t("profile.steps.progress", { step: Math.min(at + 1, order.length), count: order.length })}
      </Typography>
      <LinearProgress aria-hidden variant="determinate" value={(100 * (at + 1)) / order.length} sx={{ my: 1.5, borderRadius: 2 }} />
      <StepBody key={step} step={step} busy={isLoading} onDone={(to) => void go("done", to)} />
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, mt: 3 }}>
        <Button color="inherit" onClick={() => void go("skipped")}>
          {t("profile.steps.skip")}
        </Button>
        <Button color="inherit" onClick={() => void leave()}>
          {t("profile.steps.later")}
        </Button>
      </Box>
    </Card>
  );
}

function stateOf(steps: FirstSteps, wanted: Step) {
  return steps.steps.find(({ step }) => step === wanted)?.state;
}
