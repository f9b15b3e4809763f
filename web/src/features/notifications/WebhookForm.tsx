import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Checkbox from "@mui/material/Checkbox";
import FormControl from "@mui/material/FormControl";
import FormControlLabel from "@mui/material/FormControlLabel";
import FormGroup from "@mui/material/FormGroup";
import FormHelperText from "@mui/material/FormHelperText";
import FormLabel from "@mui/material/FormLabel";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCreateWebhookMutation } from "@/api";
import { messageFor, problemOf, type Problem } from "@/api/problem";
import { useProblemText } from "@/ui/problemText";
import { EVENTS, eventKey, type EventName } from "./events";

/** Asks where to call and of what to tell. */
export function WebhookForm({ onMade }: { onMade: (secret: string) => void }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [create, { isLoading }] = useCreateWebhookMutation();
  const [url, setUrl] = useState("");
  const [description, setDescription] = useState("");
  const [events, setEvents] = useState<EventName[]>(["alerts.alert.triggered.v1"]);
  const [tried, setTried] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const urlMessage = problem === null ? null : messageFor(problem, "url");
  const urlMissing = tried && url.trim() === "";
  const eventsMissing = tried && events.length === 0;

  async function submit() {
    setTried(true);
    setProblem(null);
    if (url.trim() === "" || events.length === 0) return;
    const answer = await create({ alertsWebhookCreate: { url: url.trim(), description, events } });
    if (answer.data !== undefined) onMade(answer.data.secret);
    else setProblem(problemOf(answer.error));
  }

  return (
    <Box component="form" noValidate sx={{ display: "grid", gap: 2 }} onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      {problem !== null && urlMessage === null && (
        <Alert severity="error" role="alert">
          {textOf(problem)}
        </Alert>
      )}
      <TextField
        label={t("notifications.webhooks.url")}
        type="url"
        value={url}
        onChange={(event) => setUrl(event.target.value)}
        error={urlMissing || urlMessage !== null}
        helperText={urlMissing ? t("notifications.webhooks.urlNeeded") : (urlMessage ?? t("notifications.webhooks.urlHint"))}
        slotProps={{ htmlInput: { maxLength: 500 } }}
      />
      <TextField
        label={t("notifications.webhooks.description")}
        value={description}
        onChange={(event) => setDescription(event.target.value)}
        slotProps={{ htmlInput: { maxLength: 100 } }}
      />
      <FormControl component="fieldset" error={eventsMissing}>
        <FormLabel component="legend">{t("notifications.webhooks.events")}</FormLabel>
        <FormGroup>
          {EVENTS.map((name) => (
            <FormControlLabel
              key={name}
              label={t(`notifications.webhooks.names.${eventKey(name)}`)}
              control={<Checkbox checked={events.includes(name)} onChange={(_, on) => setEvents(on ? [...events, name] : events.filter((one) => one !== name))} />}
            />
          ))}
        </FormGroup>
        {eventsMissing && <FormHelperText>{t("notifications.webhooks.eventsNeeded")}</FormHelperText>}
      </FormControl>
      <Box>
        <Button type="submit" variant="contained" loading={isLoading}>
          {t("notifications.webhooks.submit")}
        </Button>
      </Box>
    </Box>
  );
}
