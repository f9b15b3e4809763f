import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Checkbox from "@mui/material/Checkbox";
import FormControlLabel from "@mui/material/FormControlLabel";
import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCreateApiKeyMutation } from "@/api";
import { messageFor, problemOf, type Problem } from "@/api/problem";
import { useProblemText } from "@/ui/problemText";
import { ScopeBoxes } from "./ScopeBoxes";
import { lines, SCOPES, type Scope } from "./scopes";

const DAYS = [7, 30, 90, 180, 365] as const;

/** Asks what a new key may do, from where, and for how long. */
export function KeyForm({ onMade }: { onMade: (key: string) => void }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [create, { isLoading }] = useCreateApiKeyMutation();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>([]);
  const [networks, setNetworks] = useState("");
  const [days, setDays] = useState(90);
  const [test, setTest] = useState(false);
  const [tried, setTried] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const nameMissing = tried && name.trim() === "";
  const scopesMissing = tried && scopes.length === 0;
  const networkMessage = problem === null ? null : messageFor(problem, "networks");

  async function submit() {
    setTried(true);
    setProblem(null);
    if (name.trim() === "" || scopes.length === 0) return;
    const answer = await create({
      authKeyCreate: { name, scopes, networks: lines(networks), expires_in_days: days, kind: test ? "test" : "live" },
    });
    if (answer.data !== undefined) onMade(answer.data.key);
    else setProblem(problemOf(answer.error));
  }

  return (
    <Box component="form" noValidate sx={{ display: "grid", gap: 2 }} onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      {problem !== null && (
        <Alert severity="error" role="alert">
          {problem.code === "plan_limit" ? problem.detail : textOf(problem)}
        </Alert>
      )}
      <TextField
        label={t("integrations.keys.name")}
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={nameMissing}
        helperText={nameMissing ? t("integrations.keys.nameNeeded") : undefined}
        slotProps={{ htmlInput: { maxLength: 60 } }}
      />
      <ScopeBoxes offered={SCOPES} chosen={scopes} missing={scopesMissing} onChange={setScopes} />
      <TextField
        label={t("integrations.keys.networks")}
        value={networks}
        onChange={(event) => setNetworks(event.target.value)}
        multiline
        minRows={2}
        error={networkMessage !== null}
        helperText={networkMessage ?? t("integrations.keys.networksHint")}
      />
      <TextField select label={t("integrations.keys.days")} value={days} onChange={(event) => setDays(Number(event.target.value))}>
        {DAYS.map((count) => (
          <MenuItem key={count} value={count}>
            {t("integrations.keys.dayCount", { count })}
          </MenuItem>
        ))}
      </TextField>
      <FormControlLabel control={<Checkbox checked={test} onChange={(_, on) => setTest(on)} />} label={t("integrations.keys.test")} />
      <Box>
        <Button type="submit" variant="contained" loading={isLoading}>
          {t("integrations.keys.submit")}
        </Button>
      </Box>
    </Box>
  );
}
