import { addTexts } from "@/i18n";
import { notifications } from "@/i18n/en/notifications";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import MuiLink from "@mui/material/Link";
import MenuItem from "@mui/material/MenuItem";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import ToggleButton from "@mui/material/ToggleButton";
import ToggleButtonGroup from "@mui/material/ToggleButtonGroup";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import {
  useCountUnreadNotificationsQuery,
  useListNotificationsQuery,
  useReadAllNotificationsMutation,
  useReadNotificationMutation,
  type NoticeItem,
} from "@/api";
import { usePollingInterval } from "@/live/hooks";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import { Time } from "@/ui/Time";
import { toastSuccess } from "@/ui/toasts";
import { Ledger } from "./Ledger";

addTexts({ notifications });

const PAGE_SIZE = 25;
const KINDS = ["alert", "signal", "company", "account", "security"] as const;
type Kind = (typeof KINDS)[number];

/** The notification centre: everything that one was told, and whether it arrived. */
export default function NotificationsPage() {
  const { t } = useTranslation();
  const [unread, setUnread] = useState(false);
  const [kind, setKind] = useState<Kind | "any">("any");
  const [readAll, { isLoading }] = useReadAllNotificationsMutation();
  const left = useCountUnreadNotificationsQuery(undefined, { pollingInterval: usePollingInterval() }).data?.unread ?? 0;

  async function markAll() {
    const answer = await readAll({});
    if (answer.error === undefined) toastSuccess(t("notifications.allRead"));
  }

  return (
    <Box sx={{ maxWidth: 860, mx: "auto" }}>
      <PageTitle title={t("notifications.title")}>{t("notifications.title")}</PageTitle>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1.5, alignItems: "center", my: 2 }}>
        <ToggleButtonGroup
          exclusive
          size="small"
          value={unread}
          aria-label={t("notifications.filter")}
          onChange={(_, value: boolean | null) => value !== null && setUnread(value)}
        >
          <ToggleButton value={false}>{t("notifications.all")}</ToggleButton>
          <ToggleButton value>{t("notifications.unread")}</ToggleButton>
        </ToggleButtonGroup>
        <TextField select size="small" label={t("notifications.kind")} value={kind} onChange={(event) => setKind(event.target.value as Kind | "any")} fullWidth={false} sx={{ width: 160 }}>
          <MenuItem value="any">{t("notifications.kinds.any")}</MenuItem>
          {KINDS.map((one) => (
            <MenuItem key={one} value={one}>
              {t(`notifications.kinds.${one}`)}
            </MenuItem>
          ))}
        </TextField>
        <Box sx={{ flex: 1 }} />
        <Button variant="outlined" disabled={left === 0} loading={isLoading} onClick={() => void markAll()}>
          {t("notifications.readAll")}
        </Button>
      </Box>
      <Card>
        <Pages key={`${unread} ${kind}`} unread={unread} kind={kind === "any" ? undefined : kind} />
      </Card>
    </Box>
  );
}

function Pages({ unread, kind }: { unread: boolean; kind: Kind | undefined }) {
  const [cursors, setCursors] = useState<(string | undefined)[]>([undefined]);
  return cursors.map((cursor, number) => (
    <OnePage
      key={cursor ?? "first"}
      cursor={cursor}
      unread={unread}
      kind={kind}
      onMore={number === cursors.length - 1 ? (next) => setCursors([...cursors, next]) : undefined}
    />
  ));
}

interface OnePageProps {
  cursor: string | undefined;
  unread: boolean;
  kind: Kind | undefined;
  onMore: ((cursor: string) => void) | undefined;
}

function OnePage({ cursor, unread, kind, onMore }: OnePageProps) {
  const { t } = useTranslation();
  const query = useListNotificationsQuery({ limit: PAGE_SIZE, cursor, unread, kind }, { pollingInterval: usePollingInterval() });
  return (
    <DataState
      query={query}
      what={t("notifications.what")}
      skeleton={<Skeleton variant="rounded" height={220} sx={{ m: 2.5 }} />}
      isEmpty={(page) => cursor === undefined && page.items.length === 0}
      empty={
        <Typography color="textSecondary" sx={{ p: 3 }}>
          {t(unread ? "notifications.emptyUnread" : "notifications.empty")}
        </Typography>
      }
    >
      {(page) => (
        <>
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {page.items.map((item) => (
              <Notice key={item.id} item={item} />
            ))}
          </Box>
          {onMore !== undefined && page.next_cursor !== null && (
            <Button fullWidth onClick={() => onMore(page.next_cursor as string)} sx={{ borderRadius: 0 }}>
              {t("ui.more")}
            </Button>
          )}
        </>
      )}
    </DataState>
  );
}

function Notice({ item }: { item: NoticeItem }) {
  const { t } = useTranslation();
  const [read, { isLoading }] = useReadNotificationMutation();
  const isNew = item.read_at === null;
  const mark = () => void read({ noticeId: item.id });
  return (
    <Box
      component="li"
      data-notice-id={item.id}
      sx={{
        display: "flex",
        flexWrap: "wrap",
        gap: 1.5,
        px: { xs: 2, sm: 2.5 },
        py: 1.75,
        borderTop: 1,
        borderColor: "divider",
        borderLeft: 3,
        borderLeftColor: isNew ? "primary.main" : "transparent",
        "&:first-of-type": { borderTop: 0 },
      }}
    >
      <Box sx={{ flex: "1 1 300px", minWidth: 0, overflowWrap: "anywhere" }}>
        <MuiLink component={Link} to={item.link} onClick={isNew ? mark : undefined} color="text.primary" sx={{ fontWeight: isNew ? 700 : 500 }}>
          {isNew && <span className="visually-hidden">{t("notifications.newMark")}: </span>}
          {item.title}
        </MuiLink>
        <Typography variant="body2" color="textSecondary">
          {item.text}
        </Typography>
        <Ledger deliveries={item.deliveries} />
      </Box>
      <Box sx={{ textAlign: "right" }}>
        <Typography variant="caption" color="textSecondary" component="p">
          <Time iso={item.created_at} absolute />
        </Typography>
        {isNew && (
          <Button size="small" loading={isLoading} onClick={mark} aria-label={t("notifications.readOf", { title: item.title })}>
            {t("notifications.read")}
          </Button>
        )}
      </Box>
    </Box>
  );
}
