import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Checkbox from "@mui/material/Checkbox";
import FormControlLabel from "@mui/material/FormControlLabel";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDeleteAppMutation, useListRegisteredAppsQuery, useRegisterAppMutation, type OwnApp } from "@/api";
import { problemOf, type Problem } from "@/api/problem";
import { useProblemText } from "@/ui/problemText";
import { toastSuccess } from "@/ui/toasts";
import { EditApp } from "./EditApp";
import { AskedButton, Row } from "@/ui/Row";
import { Rows } from "./Rows";
import { SecretDialog } from "@/ui/SecretDialog";
import { lines } from "./scopes";

/** Apps that one develops oneself. */
export function MyApps() {
  const { t } = useTranslation();
  const query = useListRegisteredAppsQuery();
  const [secret, setSecret] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Rows query={query} what={t("integrations.what.apps")} empty={t("integrations.mine.empty")}>
        {(app) => <AppRow key={app.client_id} app={app} />}
      </Rows>
      <Box sx={{ mt: 2 }}>
        {asking ? (
          <AppForm
            onMade={(made) => {
              setAsking(false);
              setSecret(made);
            }}
          />
        ) : (
          <Button variant="outlined" onClick={() => setAsking(true)}>
            {t("integrations.mine.register")}
          </Button>
        )}
      </Box>
      <SecretDialog secret={secret} onKept={() => setSecret(null)} />
    </>
  );
}

function AppRow({ app }: { app: OwnApp }) {
  const { t } = useTranslation();
  const [remove] = useDeleteAppMutation();
  const [editing, setEditing] = useState(false);
  return (
    <Row
      title={app.name}
      actions={
        <>
          <Button size="small" variant="outlined" aria-label={t("integrations.mine.editOf", { name: app.name })} onClick={() => setEditing(true)}>
            {t("integrations.edit")}
          </Button>
          <AskedButton
            label={t("integrations.mine.remove")}
            spoken={t("integrations.mine.removeOf", { name: app.name })}
            title={t("integrations.mine.removeTitle", { name: app.name })}
            consequence={t("integrations.mine.removeText")}
            onConfirm={() => remove({ appId: app.client_id })}
            onDone={() => toastSuccess(t("integrations.mine.removed"))}
          />
        </>
      }
    >
      <Typography variant="caption" color="textSecondary" component="p" className="figures">
        {t("integrations.mine.clientId")}: {app.client_id}
      </Typography>
      <Typography variant="caption" color="textSecondary" component="p">
        {app.redirect_uris.join(", ")}
      </Typography>
      {editing && <EditApp app={app} onClose={() => setEditing(false)} />}
    </Row>
  );
}

function AppForm({ onMade }: { onMade: (secret: string | null) => void }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [register, { isLoading }] = useRegisterAppMutation();
  const [name, setName] = useState("");
  const [redirects, setRedirects] = useState("");
  const [confidential, setConfidential] = useState(true);
  const [problem, setProblem] = useState<Problem | null>(null);

  async function submit() {
    setProblem(null);
    const answer = await register({ authAppCreate: { name, redirect_uris: lines(redirects), confidential } });
    if (answer.data !== undefined) onMade(answer.data.client_secret);
    else setProblem(problemOf(answer.error));
  }

  return (
    <Box component="form" noValidate sx={{ display: "grid", gap: 2 }} onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      {problem !== null && (
        <Alert severity="error" role="alert">
          {problem.errors[0]?.message ?? textOf(problem)}
        </Alert>
      )}
      <TextField label={t("integrations.mine.name")} value={name} onChange={(event) => setName(event.target.value)} slotProps={{ htmlInput: { maxLength: 60 } }} />
      <TextField
        label={t("integrations.mine.redirects")}
        value={redirects}
        onChange={(event) => setRedirects(event.target.value)}
        multiline
        minRows={2}
        helperText={t("integrations.mine.redirectsHint")}
      />
      <FormControlLabel control={<Checkbox checked={confidential} onChange={(_, on) => setConfidential(on)} />} label={t("integrations.mine.confidential")} />
      <Box>
        <Button type="submit" variant="contained" loading={isLoading}>
          {t("integrations.mine.submit")}
        </Button>
      </Box>
    </Box>
  );
}
