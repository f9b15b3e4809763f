import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Card from "@mui/material/Card";
import Skeleton from "@mui/material/Skeleton";
import ToggleButton from "@mui/material/ToggleButton";
import ToggleButtonGroup from "@mui/material/ToggleButtonGroup";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useGetMarketStatusQuery, type ExchangeStatus } from "@/api";
import { usePermission } from "@/session/permissions";
import { CalendarNav } from "@/ui/CalendarNav";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import { Time } from "@/ui/Time";
import { Days } from "./Days";
import { Edits } from "./Edits";
import "@/i18n/calendar";

const REFRESH_MS = 60_000;

/** When the exchanges trade: now, next, and on which days they do not. Staff change it here. */
export default function CalendarPage() {
  const { t } = useTranslation();
  const query = useGetMarketStatusQuery(undefined, { pollingInterval: REFRESH_MS });
  return (
    <Box sx={{ maxWidth: 860, mx: "auto" }}>
      <Box sx={{ mb: 2.5 }}>
        <PageTitle title={t("calendar.title")}>{t("calendar.title")}</PageTitle>
      </Box>
      <CalendarNav />
      <DataState query={query} what={t("calendar.what.status")} skeleton={<Skeleton variant="rounded" height={320} />}>
        {({ exchanges }) => <Exchanges exchanges={exchanges} />}
      </DataState>
    </Box>
  );
}

function Exchanges({ exchanges }: { exchanges: ExchangeStatus[] }) {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const isStaff = usePermission("instruments:manage");
  const status = exchanges.find(({ exchange }) => exchange === params.get("exchange")) ?? exchanges.find(({ exchange }) => exchange === "NSE") ?? exchanges[0];
  if (status === undefined) return null;
  return (
    <Box sx={{ display: "grid", gap: 2 }}>
      <ToggleButtonGroup
        exclusive
        size="small"
        color="primary"
        aria-label={t("calendar.exchange")}
        value={status.exchange}
        onChange={(_, exchange: string | null) => exchange !== null && setParams({ exchange }, { replace: true })}
      >
        {exchanges.map(({ exchange }) => (
          <ToggleButton key={exchange} value={exchange} sx={{ px: 1.75, textTransform: "none", "@media (pointer: coarse)": { minHeight: 44 } }}>
            {exchange}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      {status.calendar_runs_out && (
        <Alert severity="warning">
          {t("calendar.runsOut", { exchange: status.exchange, day: status.covered_until })} {isStaff && t("calendar.runsOutStaff")}
        </Alert>
      )}
      <Status status={status} />
      <Days key={status.exchange} status={status} isStaff={isStaff} />
      {isStaff && <Edits exchange={status.exchange} />}
    </Box>
  );
}

function Status({ status }: { status: ExchangeStatus }) {
  const { t } = useTranslation();
  const facts = [
    { name: t("calendar.now"), value: t(`calendar.phases.${status.phase}`) },
    ...(status.auction_phase === status.phase ? [] : [{ name: t("calendar.auctionNow"), value: t(`calendar.phases.${status.auction_phase}`) }]),
    ...(status.next_open === null ? [] : [{ name: t("calendar.nextOpen"), value: <Time iso={status.next_open} zone={status.zone} absolute /> }]),
    ...(status.next_close === null ? [] : [{ name: t("calendar.nextClose"), value: <Time iso={status.next_close} zone={status.zone} absolute /> }]),
  ];
  return (
    <Card component="section" aria-label={status.name} sx={{ p: { xs: 2, sm: 3 } }}>
      <Typography variant="h2" sx={{ mb: 1.5 }}>
        {status.name}
      </Typography>
      <Box component="dl" sx={{ display: "flex", flexWrap: "wrap", columnGap: 4, rowGap: 1.5, m: 0 }}>
        {facts.map(({ name, value }) => (
          <div key={name}>
            <Typography component="dt" variant="caption" color="textSecondary">
              {name}
            </Typography>
            <Box component="dd" sx={{ m: 0, fontWeight: 600 }}>
              {value}
            </Box>
          </div>
        ))}
      </Box>
      <Typography variant="caption" color="textSecondary" component="p" sx={{ mt: 1.5 }}>
        {status.replayed && `${t("calendar.replayed")} `}
        {t("calendar.timesIn", { zone: status.zone })}
      </Typography>
    </Card>
  );
}
