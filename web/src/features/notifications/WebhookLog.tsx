import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useListWebhookMessagesQuery, useReplayWebhookMessageMutation, type WebhookMessage } from "@/api";
import { problemOf } from "@/api/problem";
import { DataState } from "@/ui/DataState";
import { useProblemText } from "@/ui/problemText";
import { Time } from "@/ui/Time";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { eventKey } from "./events";

const PAGE_SIZE = 10;
const LOOK_EVERY_MS = 3_000;
const COLOURS = { queued: "default", sent: "success", delivered: "success", bounced: "error", failed: "error", suppressed: "default", collected: "default", digested: "default" } as const;

/** What was sent to a webhook, with every try: what we sent and what came back. */
export function WebhookLog({ webhookId }: { webhookId: string }) {
  const [cursors, setCursors] = useState<(string | undefined)[]>([undefined]);
  return cursors.map((cursor, number) => (
    <LogPage
      key={cursor ?? "first"}
      webhookId={webhookId}
      cursor={cursor}
      onMore={number === cursors.length - 1 ? (next) => setCursors([...cursors, next]) : undefined}
    />
  ));
}

function LogPage({ webhookId, cursor, onMore }: { webhookId: string; cursor: string | undefined; onMore: ((cursor: string) => void) | undefined }) {
  const { t } = useTranslation();
  const query = useListWebhookMessagesQuery({ webhookId, cursor, limit: PAGE_SIZE }, { pollingInterval: LOOK_EVERY_MS });
  return (
    <DataState
      query={query}
      what={t("notifications.webhooks.logWhat")}
      skeleton={<Skeleton variant="rounded" height={64} />}
      isEmpty={(page) => page.items.length === 0}
      empty={<Typography color="textSecondary">{t("notifications.webhooks.logEmpty")}</Typography>}
    >
      {(page) => (
        <>
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0, pl: { sm: 2 } }}>
            {page.items.map((message) => (
              <Message key={message.id} webhookId={webhookId} message={message} />
            ))}
          </Box>
          {onMore !== undefined && page.next_cursor !== null && (
            <Button fullWidth onClick={() => onMore(page.next_cursor as string)}>
              {t("ui.more")}
            </Button>
          )}
        </>
      )}
    </DataState>
  );
}

function Message({ webhookId, message }: { webhookId: string; message: WebhookMessage }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [replay, { isLoading }] = useReplayWebhookMessageMutation();

  async function again() {
    const answer = await replay({ webhookId, messageId: message.id });
    if (answer.error === undefined) toastSuccess(t("notifications.webhooks.replayed"));
    else {
      const problem = problemOf(answer.error);
      toastProblem(textOf(problem), problem);
    }
  }

  return (
    <Box component="li" sx={{ py: 1, borderTop: 1, borderColor: "divider", overflowWrap: "anywhere" }}>
      <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1 }}>
        <Chip size="small" color={COLOURS[message.status]} variant="outlined" label={t(`notifications.states.${message.status}`)} />
        <Typography variant="body2">{t(`notifications.webhooks.names.${eventKey(message.type)}`)}</Typography>
        <Typography variant="caption" color="textSecondary">
          <Time iso={message.created_at} absolute />
        </Typography>
        <Box sx={{ flex: 1 }} />
        {message.status !== "queued" && (
          <Button size="small" loading={isLoading} aria-label={t("notifications.webhooks.replayOf", { id: message.message_id })} onClick={() => void again()}>
            {t("notifications.webhooks.replay")}
          </Button>
        )}
      </Box>
      {message.status === "queued" && message.attempts.length > 0 && (
        <Typography variant="caption" color="textSecondary" component="p">
          {t("notifications.webhooks.next")} <Time iso={message.due_at} absolute />
        </Typography>
      )}
      {message.attempts.map((attempt) => (
        <Box key={`${attempt.number} ${attempt.at}`} component="details" sx={{ mt: 0.5 }}>
          <Typography component="summary" variant="caption" sx={{ cursor: "pointer" }}>
            {attempt.http_status === null
              ? t("notifications.webhooks.noAnswer", { number: attempt.number, error: attempt.error, ms: attempt.took_ms })
              : t("notifications.webhooks.answered", { number: attempt.number, status: attempt.http_status, ms: attempt.took_ms })}
          </Typography>
          <Excerpt title={t("notifications.webhooks.request")} text={attempt.request} />
          {attempt.response !== null && attempt.response !== "" && <Excerpt title={t("notifications.webhooks.response")} text={attempt.response} />}
        </Box>
      ))}
    </Box>
  );
}

function Excerpt({ title, text }: { title: string; text: string }) {
  return (
    <>
      <Typography variant="caption" color="textSecondary" component="p" sx={{ mt: 0.5 }}>
        {title}
      </Typography>
      <Box component="pre" sx={{ m: 0, p: 1, bgcolor: "action.hover", borderRadius: 1, fontSize: "0.75rem", whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
        {text}
      </Box>
    </>
  );
}
