import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import MenuItem from "@mui/material/MenuItem";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useListCompanyEventsQuery, useListWatchlistsQuery, type CompanyEvent, type CompanyEventKind } from "@/api";
import { CalendarNav } from "@/ui/CalendarNav";
import { CompanyDay, dayText } from "@/ui/CompanyDay";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import { Section } from "@/ui/Section";
import { usePermission } from "@/session/permissions";
import { Withdraw } from "./Withdraw";
import "@/i18n/companies";

const PAGE_SIZE = 50;
const KINDS: CompanyEventKind[] = ["results", "dividend", "bonus", "split", "rights", "buyback", "distribution", "demerger", "meeting", "other"];

interface Asked {
  from: string;
  kind?: CompanyEventKind[];
  mine?: boolean;
  watchlist?: string;
}

/** Results days and ex-days, the nearest first: of all companies, of one watchlist or of all of them. */
export default function CompanyDaysPage() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const lists = useListWatchlistsQuery();
  const today = new Date().toISOString().slice(0, 10);
  const from = /^\d{4}-\d\d-\d\d$/.exec(params.get("from") ?? "")?.[0] ?? today;
  const kind = KINDS.find((each) => each === params.get("kind"));
  const known = lists.data?.items ?? [];
  const list = known.find(({ id }) => id === params.get("of"))?.id ?? (params.get("of") === "mine" ? "mine" : "all");
  const asked: Asked = { from, ...(kind === undefined ? {} : { kind: [kind] }), ...(list === "mine" ? { mine: true } : list === "all" ? {} : { watchlist: list }) };

  function choose(name: string, value: string) {
    const next = new URLSearchParams(params);
    next.set(name, value);
    setParams(next, { replace: true });
  }

  return (
    <Box sx={{ maxWidth: 860, mx: "auto" }}>
      <Box sx={{ mb: 2 }}>
        <PageTitle title={t("companies.title")}>{t("companies.title")}</PageTitle>
        <Typography color="textSecondary">{t("companies.intro")}</Typography>
      </Box>
      <CalendarNav />
      <Box sx={{ display: "grid", gap: 1.5, mb: 2, gridTemplateColumns: { xs: "1fr", sm: "1.4fr 1fr 1fr" } }}>
        <TextField select size="small" label={t("companies.scope")} value={list} onChange={(event) => choose("of", event.target.value)}>
          <MenuItem value="all">{t("companies.scopes.all")}</MenuItem>
          <MenuItem value="mine">{t("companies.scopes.mine")}</MenuItem>
          {known.map(({ id, name }) => (
            <MenuItem key={id} value={id}>
              {name}
            </MenuItem>
          ))}
        </TextField>
        <TextField select size="small" label={t("companies.kind")} value={kind ?? "any"} onChange={(event) => choose("kind", event.target.value)}>
          <MenuItem value="any">{t("companies.kindsAny")}</MenuItem>
          {KINDS.map((each) => (
            <MenuItem key={each} value={each}>
              {t(`companies.kinds.${each}`)}
            </MenuItem>
          ))}
        </TextField>
        <TextField
          type="date"
          size="small"
          label={t("companies.from")}
          value={from}
          onChange={(event) => event.target.value !== "" && choose("from", event.target.value)}
          slotProps={{ inputLabel: { shrink: true } }}
        />
      </Box>
      <Pages key={JSON.stringify(asked)} asked={asked} />
    </Box>
  );
}

function Pages({ asked }: { asked: Asked }) {
  const [cursors, setCursors] = useState<(string | undefined)[]>([undefined]);
  return (
    <Box sx={{ display: "grid", gap: 2 }}>
      {cursors.map((cursor, index) => (
        <OnePage key={cursor ?? ""} asked={asked} cursor={cursor} onMore={index === cursors.length - 1 ? (next) => setCursors([...cursors, next]) : null} />
      ))}
    </Box>
  );
}

function OnePage({ asked, cursor, onMore }: { asked: Asked; cursor: string | undefined; onMore: ((next: string) => void) | null }) {
  const { t } = useTranslation();
  const isStaff = usePermission("instruments:manage");
  const query = useListCompanyEventsQuery({ ...asked, limit: PAGE_SIZE, cursor });
  return (
    <DataState
      query={query}
      what={t("companies.what")}
      skeleton={<Skeleton variant="rounded" height={320} />}
      isEmpty={(page) => cursor === undefined && page.items.length === 0}
      empty={
        <Box sx={{ py: 6, textAlign: "center" }}>
          <Typography sx={{ fontWeight: 650 }}>{t("companies.empty")}</Typography>
          <Typography color="textSecondary">{t("companies.emptyText")}</Typography>
        </Box>
      }
    >
      {(page) => (
        <>
          {byDay(page.items).map(([day, events]) => (
            <Section key={day} title={dayText(day, { weekday: "long", day: "numeric", month: "long", year: "numeric" })}>
              <Box component="ul" sx={{ listStyle: "none", mx: 0, my: -1.25, p: 0 }}>
                {events.map((event) => (
                  <CompanyDay key={event.id} event={event} action={isStaff ? <Withdraw event={event} /> : undefined} />
                ))}
              </Box>
            </Section>
          ))}
          {onMore !== null && page.next_cursor !== null && <Button onClick={() => onMore(page.next_cursor as string)}>{t("ui.more")}</Button>}
        </>
      )}
    </DataState>
  );
}

function byDay(events: CompanyEvent[]): [string, CompanyEvent[]][] {
  const days = new Map<string, CompanyEvent[]>();
  for (const event of events) days.set(event.day, [...(days.get(event.day) ?? []), event]);
  return [...days];
}
