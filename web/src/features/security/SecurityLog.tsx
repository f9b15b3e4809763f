import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLazyListSecurityEventsQuery, useListSecurityEventsQuery, type SecurityEvent } from "@/api";
import { problemOf } from "@/api/problem";
import { DataState } from "@/ui/DataState";
import { useProblemText } from "@/ui/problemText";
import { Time } from "@/ui/Time";
import { toastProblem } from "@/ui/toasts";
import "@/i18n/account";

const PAGE = { limit: 10 };

/** What happened to the safety of the account, newest first. */
export function SecurityLog() {
  const { t } = useTranslation();
  const query = useListSecurityEventsQuery(PAGE);
  return (
    <DataState
      query={query}
      what={t("account.security.what.log")}
      skeleton={<Skeleton variant="rounded" height={160} />}
      isEmpty={(page) => page.items.length === 0}
      empty={<Typography color="textSecondary">{t("account.security.log.empty")}</Typography>}
    >
      {/* Older pages belong to the newest one: when that changes, they are asked for anew. */}
      {(page) => <Events key={page.items[0]?.id} first={page.items} cursor={page.next_cursor} />}
    </DataState>
  );
}

function Events({ first, cursor }: { first: SecurityEvent[]; cursor: string | null }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [fetchMore, { isFetching }] = useLazyListSecurityEventsQuery();
  const [older, setOlder] = useState<SecurityEvent[]>([]);
  const [next, setNext] = useState(cursor);

  async function more() {
    const answer = await fetchMore({ ...PAGE, cursor: next ?? undefined });
    if (answer.data === undefined) {
      const problem = problemOf(answer.error);
      toastProblem(textOf(problem), problem);
      return;
    }
    setOlder([...older, ...answer.data.items]);
    setNext(answer.data.next_cursor);
  }

  return (
    <>
      <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
        {[...first, ...older].map((event) => (
          <Box component="li" key={event.id} sx={{ py: 1, borderTop: 1, borderColor: "divider", "&:first-of-type": { borderTop: 0 } }}>
            <Typography>
              {t(`account.security.kinds.${event.kind}`, { defaultValue: event.kind })}
              {event.details.name !== undefined && `: ${event.details.name}`}
              {event.by_staff && ` (${t("account.security.log.byStaff")})`}
            </Typography>
            <Typography variant="caption" color="textSecondary" component="p">
              <Time iso={event.at} />
              {[event.device, event.network].filter((part) => part !== "").map((part) => ` · ${part}`)}
            </Typography>
          </Box>
        ))}
      </Box>
      {next !== null && (
        <Button size="small" loading={isFetching} onClick={() => void more()} sx={{ mt: 1 }}>
          {t("account.security.log.more")}
        </Button>
      )}
    </>
  );
}
