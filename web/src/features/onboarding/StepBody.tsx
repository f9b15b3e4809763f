import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import MenuItem from "@mui/material/MenuItem";
import Stack from "@mui/material/Stack";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useChangeMeMutation, useListPlansQuery, type Step } from "@/api";
import { problemOf, type Problem } from "@/api/problem";
import { INDIA, NEW_YORK } from "@/format/time";
import { usePreferences } from "@/preferences/hooks";
import { useSetPreferences } from "@/preferences/settings";
import { useSession, useSessionState } from "@/session/context";
import { useProblemText } from "@/ui/problemText";
import "@/i18n/account";
import "@/i18n/profile";

const ZONES = [INDIA, NEW_YORK, "UTC"] as const;
const LOCALES = ["en-IN", "en-US"] as const;

interface StepProps {
  busy: boolean;
  /** `to`: the step goes on at another page, where the walk ends. */
  onDone: (to?: string) => void;
}

/** What one step asks. */
export function StepBody({ step, ...props }: StepProps & { step: Step }) {
  const { t } = useTranslation();
  const { user } = useSessionState();
  const { data: prices } = useListPlansQuery();
  const plan = prices?.items.find(({ code }) => code === user?.tier)?.name ?? user?.tier ?? "";
  return (
    <Box>
      <Typography variant="h2" sx={{ mb: 0.5 }}>
        {t(`profile.steps.names.${step}`)}
      </Typography>
      <Typography color="textSecondary" sx={{ mb: 2.5 }}>
        {t(`profile.steps.texts.${step}`, { plan })}
      </Typography>
      {step === "profile" && <ProfileStep {...props} />}
      {step === "plan" && <PlanStep {...props} />}
      {step === "preferences" && <PreferencesStep {...props} />}
      {step === "first_alert" && (
        <Button variant="contained" loading={props.busy} onClick={() => props.onDone("/alerts/new")}>
          {t("profile.steps.setAlert")}
        </Button>
      )}
      {step === "dashboard" && (
        <Button variant="contained" loading={props.busy} onClick={() => props.onDone()}>
          {t("profile.steps.finish")}
        </Button>
      )}
    </Box>
  );
}

function ProfileStep({ busy, onDone }: StepProps) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const session = useSession();
  const { user } = useSessionState();
  const [change, { isLoading }] = useChangeMeMutation();
  const [first, setFirst] = useState(user?.first_name ?? "");
  const [last, setLast] = useState(user?.last_name ?? "");
  const [problem, setProblem] = useState<Problem | null>(null);

  async function submit() {
    setProblem(null);
    const names = { first_name: first.trim(), last_name: last.trim() };
    const answer = await change({ authUserChange: names });
    if (answer.error !== undefined) {
      setProblem(problemOf(answer.error));
      return;
    }
    session.updateUser(names);
    onDone();
  }

  return (
    <Stack
      component="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
      sx={{ gap: 2, alignItems: "flex-start" }}
    >
      {problem !== null && (
        <Alert severity="error" role="alert" sx={{ width: "100%" }}>
          {textOf(problem)}
        </Alert>
      )}
      <Box sx={{ display: "grid", gap: 2, width: "100%", gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" } }}>
        <TextField label={t("account.firstName")} autoComplete="given-name" value={first} onChange={(event) => setFirst(event.target.value)} />
        <TextField label={t("account.lastName")} autoComplete="family-name" value={last} onChange={(event) => setLast(event.target.value)} />
      </Box>
      <Button type="submit" variant="contained" loading={busy || isLoading}>
        {t("profile.steps.next")}
      </Button>
    </Stack>
  );
}

function PlanStep({ busy, onDone }: StepProps) {
  const { t } = useTranslation();
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1 }}>
      <Button variant="contained" loading={busy} onClick={() => onDone()}>
        {t("profile.steps.keepPlan")}
      </Button>
      <Button component={Link} to="/pricing" variant="outlined">
        {t("profile.steps.seePlans")}
      </Button>
    </Box>
  );
}

function PreferencesStep({ busy, onDone }: StepProps) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const { zone, money } = usePreferences();
  const set = useSetPreferences();
  const [chosenZone, setZone] = useState(zone);
  const [locale, setLocale] = useState(money.locale);
  const [problem, setProblem] = useState<Problem | null>(null);
  const zones = ZONES.includes(chosenZone as (typeof ZONES)[number]) ? ZONES : [...ZONES, chosenZone];

  async function submit() {
    const refused = await set({ time_zone: chosenZone, locale });
    setProblem(refused);
    if (refused === null) onDone();
  }

  return (
    <Stack sx={{ gap: 2, alignItems: "flex-start" }}>
      {problem !== null && (
        <Alert severity="error" role="alert" sx={{ width: "100%" }}>
          {textOf(problem)}
        </Alert>
      )}
      <Box sx={{ display: "grid", gap: 2, width: "100%", gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" } }}>
        <TextField select label={t("account.settings.zone")} value={chosenZone} onChange={(event) => setZone(event.target.value)}>
          {zones.map((each) => (
            <MenuItem key={each} value={each}>
              {ZONES.includes(each as (typeof ZONES)[number]) ? t(`account.settings.zones.${each as (typeof ZONES)[number]}`) : each}
            </MenuItem>
          ))}
        </TextField>
        <TextField select label={t("profile.preferences.locale")} value={locale} onChange={(event) => setLocale(event.target.value as (typeof LOCALES)[number])}>
          {LOCALES.map((each) => (
            <MenuItem key={each} value={each}>
              {t(`profile.preferences.locales.${each}`)}
            </MenuItem>
          ))}
        </TextField>
      </Box>
      <Button variant="contained" loading={busy} onClick={() => void submit()}>
        {t("profile.steps.next")}
      </Button>
    </Stack>
  );
}
