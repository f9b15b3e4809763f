import { addTexts } from "@/i18n";
import { integrations } from "@/i18n/en/integrations";
import { notifications } from "@/i18n/en/notifications";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  useChangeWebhookMutation,
  useDeleteWebhookMutation,
  useListWebhooksQuery,
  useRotateWebhookMutation,
  useTestWebhookMutation,
  type Webhook,
} from "@/api";
import { problemOf } from "@/api/problem";
import { AskedButton, Row } from "@/ui/Row";
import { SecretDialog } from "@/ui/SecretDialog";
import { Section } from "@/ui/Section";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import { useProblemText } from "@/ui/problemText";
import { Time } from "@/ui/Time";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { eventKey } from "./events";
import { WebhookForm } from "./WebhookForm";
import { WebhookLog } from "./WebhookLog";

addTexts({ integrations, notifications });

const OVERLAP_HOURS = 24;

/** Programs of one's own that are called when something happens. */
export default function WebhooksPage() {
  const { t } = useTranslation();
  const query = useListWebhooksQuery();
  const [secret, setSecret] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  return (
    <Box sx={{ maxWidth: 860, mx: "auto" }}>
      <PageTitle title={t("notifications.webhooks.title")}>{t("notifications.webhooks.title")}</PageTitle>
      <Typography color="textSecondary">{t("notifications.webhooks.intro")}</Typography>
      <Box sx={{ display: "grid", gap: 2, mt: 2.5 }}>
        <Section title={t("notifications.webhooks.title")}>
          <DataState
            query={query}
            what={t("notifications.webhooks.what")}
            skeleton={<Skeleton variant="rounded" height={96} />}
            isEmpty={(page) => page.items.length === 0}
            empty={<Typography color="textSecondary">{t("notifications.webhooks.empty")}</Typography>}
          >
            {(page) => (
              <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
                {page.items.map((held) => (
                  <WebhookRow key={held.id} held={held} onSecret={setSecret} />
                ))}
              </Box>
            )}
          </DataState>
          {!asking && (
            <Button variant="contained" sx={{ mt: 2 }} onClick={() => setAsking(true)}>
              {t("notifications.webhooks.add")}
            </Button>
          )}
        </Section>
        {asking && (
          <Section title={t("notifications.webhooks.add")}>
            <WebhookForm
              onMade={(made) => {
                setAsking(false);
                setSecret(made);
              }}
            />
          </Section>
        )}
      </Box>
      <SecretDialog secret={secret} onKept={() => setSecret(null)} />
    </Box>
  );
}

function WebhookRow({ held, onSecret }: { held: Webhook; onSecret: (secret: string) => void }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [rotate] = useRotateWebhookMutation();
  const [remove] = useDeleteWebhookMutation();
  const [change] = useChangeWebhookMutation();
  const [test, { isLoading }] = useTestWebhookMutation();
  const [shown, setShown] = useState(false);
  const { id, url, status } = held;
  const isOn = status === "active";
  const switching = t(isOn ? "notifications.webhooks.switchOff" : "notifications.webhooks.switchOn");

  function say(answer: { error?: unknown }, done?: string) {
    if (answer.error === undefined) {
      if (done !== undefined) toastSuccess(done);
      return;
    }
    const problem = problemOf(answer.error);
    toastProblem(textOf(problem), problem);
  }

  async function renew() {
    const answer = await rotate({ webhookId: id, alertsWebhookRotation: { overlap_hours: OVERLAP_HOURS } });
    if (answer.data !== undefined) onSecret(answer.data.secret);
    return answer;
  }

  return (
    <>
      <Row
        title={
          <>
            {held.description === "" ? url : held.description}
            <Chip size="small" color={isOn ? "success" : "default"} label={t(isOn ? "notifications.webhooks.on" : "notifications.webhooks.off")} />
          </>
        }
        actions={
          <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1 }}>
            {isOn && (
              <Button
                size="small"
                variant="outlined"
                loading={isLoading}
                aria-label={t("notifications.webhooks.testOf", { url })}
                onClick={() => void test({ webhookId: id }).then((answer) => say(answer, t("notifications.webhooks.tested")))}
              >
                {t("notifications.webhooks.test")}
              </Button>
            )}
            <Button
              size="small"
              variant="outlined"
              aria-label={t("notifications.webhooks.switchOf", { action: switching, url })}
              onClick={() => void change({ webhookId: id, alertsWebhookChange: { status: isOn ? "disabled" : "active" } }).then((answer) => say(answer))}
            >
              {switching}
            </Button>
            <Button size="small" variant="outlined" aria-expanded={shown} aria-label={t("notifications.webhooks.logOf", { url })} onClick={() => setShown(!shown)}>
              {t(shown ? "notifications.webhooks.hide" : "notifications.webhooks.log")}
            </Button>
            <AskedButton
              label={t("notifications.webhooks.rotate")}
              spoken={t("notifications.webhooks.rotateOf", { url })}
              title={t("notifications.webhooks.rotateTitle")}
              consequence={t("notifications.webhooks.rotateText")}
              onConfirm={renew}
            />
            <AskedButton
              label={t("notifications.webhooks.remove")}
              spoken={t("notifications.webhooks.removeOf", { url })}
              title={t("notifications.webhooks.removeTitle")}
              consequence={t("notifications.webhooks.removeText")}
              onConfirm={() => remove({ webhookId: id })}
              onDone={() => toastSuccess(t("notifications.webhooks.removed"))}
            />
          </Box>
        }
      >
        {held.description !== "" && (
          <Typography variant="body2" color="textSecondary">
            {url}
          </Typography>
        )}
        <Typography variant="caption" color="textSecondary" component="p">
          {held.events.map((name) => t(`notifications.webhooks.names.${eventKey(name)}`)).join(", ")}
        </Typography>
        {held.reason !== null && (
          <Typography variant="caption" color="error" component="p">
            {t("notifications.webhooks.offBecause", { reason: held.reason })}
          </Typography>
        )}
        {isOn && held.failing_since !== null && (
          <Typography variant="caption" color="error" component="p">
            {t("notifications.webhooks.failing")} <Time iso={held.failing_since} absolute />
          </Typography>
        )}
        {held.old_secret_ends_at !== null && (
          <Typography variant="caption" color="textSecondary" component="p">
            {t("notifications.webhooks.overlap")} <Time iso={held.old_secret_ends_at} absolute />
          </Typography>
        )}
      </Row>
      {shown && <WebhookLog webhookId={id} />}
    </>
  );
}
