import { addTexts } from "@/i18n";
import { notifications } from "@/i18n/en/notifications";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Chip from "@mui/material/Chip";
import MuiLink from "@mui/material/Link";
import MenuItem from "@mui/material/MenuItem";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useListDeliveriesQuery, useReplayDeliveryMutation, type Delivery } from "@/api";
import { problemOf } from "@/api/problem";
import { StaffPage } from "@/ui/StaffPage";
import { usePermission } from "@/session/permissions";
import { DataState } from "@/ui/DataState";
import { useProblemText } from "@/ui/problemText";
import { Time } from "@/ui/Time";
import { toastProblem, toastSuccess } from "@/ui/toasts";

addTexts({ notifications });

const STATUSES = ["queued", "sent", "delivered", "bounced", "failed", "suppressed", "collected", "digested"] as const;
const CHANNELS = ["mail", "push", "telegram", "slack", "webhook", "sms"] as const;
type Status = (typeof STATUSES)[number] | "any";
type Channel = (typeof CHANNELS)[number] | "any";

/** Staff: the ledger of messages, why something failed, and sending it again. */
export default function DeliveriesPage() {
  const { t } = useTranslation();
  const [status, setStatus] = useState<Status>("failed");
  const [channel, setChannel] = useState<Channel>("any");
  return (
    <StaffPage title={t("notifications.deliveries.title")}>
      <Typography color="textSecondary">{t("notifications.deliveries.intro")}</Typography>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1.5, my: 2 }}>
        <TextField select size="small" fullWidth={false} sx={{ width: 180 }} label={t("notifications.deliveries.status")} value={status} onChange={(event) => setStatus(event.target.value as Status)}>
          <MenuItem value="any">{t("notifications.deliveries.any")}</MenuItem>
          {STATUSES.map((one) => (
            <MenuItem key={one} value={one}>
              {t(`notifications.states.${one}`)}
            </MenuItem>
          ))}
        </TextField>
        <TextField select size="small" fullWidth={false} sx={{ width: 180 }} label={t("notifications.deliveries.channel")} value={channel} onChange={(event) => setChannel(event.target.value as Channel)}>
          <MenuItem value="any">{t("notifications.deliveries.any")}</MenuItem>
          {CHANNELS.map((one) => (
            <MenuItem key={one} value={one}>
              {t(`notifications.channels.${one}`)}
            </MenuItem>
          ))}
        </TextField>
      </Box>
      <Card>
        <Pages key={`${status} ${channel}`} status={status} channel={channel} />
      </Card>
    </StaffPage>
  );
}

function Pages({ status, channel }: { status: Status; channel: Channel }) {
  const [cursors, setCursors] = useState<(string | undefined)[]>([undefined]);
  return cursors.map((cursor, number) => (
    <OnePage
      key={cursor ?? "first"}
      cursor={cursor}
      status={status}
      channel={channel}
      onMore={number === cursors.length - 1 ? (next) => setCursors([...cursors, next]) : undefined}
    />
  ));
}

interface OnePageProps {
  cursor: string | undefined;
  status: Status;
  channel: Channel;
  onMore: ((cursor: string) => void) | undefined;
}

function OnePage({ cursor, status, channel, onMore }: OnePageProps) {
  const { t } = useTranslation();
  const query = useListDeliveriesQuery({ cursor, status: status === "any" ? undefined : status, channel: channel === "any" ? undefined : channel });
  return (
    <DataState
      query={query}
      what={t("notifications.deliveries.what")}
      skeleton={<Skeleton variant="rounded" height={220} sx={{ m: 2.5 }} />}
      isEmpty={(page) => cursor === undefined && page.items.length === 0}
      empty={
        <Typography color="textSecondary" sx={{ p: 3 }}>
          {t("notifications.deliveries.empty")}
        </Typography>
      }
    >
      {(page) => (
        <>
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {page.items.map((one) => (
              <Row key={one.id} one={one} />
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

function Row({ one }: { one: Delivery }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const mayReplay = usePermission("users:manage");
  const [replay, { isLoading }] = useReplayDeliveryMutation();

  async function again() {
    const answer = await replay({ deliveryId: one.id });
    if (answer.error === undefined) toastSuccess(t("notifications.deliveries.replayed"));
    else {
      const problem = problemOf(answer.error);
      toastProblem(textOf(problem), problem);
    }
  }

  return (
    <Box component="li" sx={{ display: "flex", flexWrap: "wrap", gap: 1.5, px: 2.5, py: 1.5, borderTop: 1, borderColor: "divider", "&:first-of-type": { borderTop: 0 } }}>
      <Box sx={{ flex: "1 1 320px", minWidth: 0, overflowWrap: "anywhere" }}>
        <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, alignItems: "center" }}>
          <Chip size="small" variant="outlined" color={one.status === "failed" || one.status === "bounced" ? "error" : "default"} label={t(`notifications.states.${one.status}`)} />
          <Typography variant="body2">
            {t(`notifications.channels.${one.channel}`)} · {one.purpose}
          </Typography>
        </Box>
        {one.reason !== null && <Typography variant="body2">{one.reason}</Typography>}
        <Typography variant="caption" color="textSecondary" component="p">
          <MuiLink component={Link} to={`/staff/users/${one.user_id}`}>
            {t("notifications.deliveries.to")}
          </MuiLink>{" "}
          · <Time iso={one.created_at} absolute /> · {t("notifications.deliveries.tries", { count: one.attempts })}
        </Typography>
      </Box>
      {one.can_replay && mayReplay && (
        <Button size="small" variant="outlined" loading={isLoading} onClick={() => void again()} aria-label={t("notifications.deliveries.replayOf", { id: one.id })} sx={{ alignSelf: "center" }}>
          {t("notifications.deliveries.replay")}
        </Button>
      )}
    </Box>
  );
}
