import AddRounded from "@mui/icons-material/AddRounded";
import QueryStatsRounded from "@mui/icons-material/QueryStatsRounded";
import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Skeleton from "@mui/material/Skeleton";
import ToggleButton from "@mui/material/ToggleButton";
import ToggleButtonGroup from "@mui/material/ToggleButtonGroup";
import { skipToken } from "@reduxjs/toolkit/query/react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { ALL_STOCKS, useGetMarketStatusQuery, useListAlertsQuery, useListStocksQuery, useListWatchlistsQuery, useListWatchlistStocksQuery, type Stock } from "@/api";
import { useLiveState, usePollingInterval } from "@/live/hooks";
import { useAlertPanelLinks } from "@/ui/alertPanel";
import { DataState } from "@/ui/DataState";
import { Panel } from "@/ui/Notices";
import { PageTitle } from "@/ui/PageTitle";
import "@/i18n/watchlists";
import { Checklist } from "./Checklist";
import { ListChoice, useChosenList } from "./ListChoice";
import { NearestAlerts } from "./NearestAlerts";
import { RecentlyTriggered } from "./RecentlyTriggered";
import { CARD_HEIGHT, StockCard } from "./StockCard";
import "@/i18n/market";

const GRID = { display: "grid", gap: 2, gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 13rem), 1fr))", alignContent: "start" } as const;

export default function DashboardPage() {
  const { t } = useTranslation();
  const { toNew } = useAlertPanelLinks();
  const lists = useListWatchlistsQuery().data?.items ?? [];
  const { chosen, choose } = useChosenList(lists);
  const pollingInterval = usePollingInterval();
  const all = useListStocksQuery(chosen === null ? ALL_STOCKS : skipToken, { pollingInterval });
  const listed = useListWatchlistStocksQuery(chosen === null ? skipToken : { watchlistId: chosen.id }, { pollingInterval });
  const query = chosen === null ? all : listed;
  return (
    <>
      <Box sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", gap: 2, mb: 2.5 }}>
        <PageTitle title={t("market.dashboard.title")}>{t("market.dashboard.title")}</PageTitle>
        <Button component={Link} to={toNew({})} variant="contained" startIcon={<AddRounded />}>
          {t("market.createAlert")}
        </Button>
      </Box>
      <Checklist />
      <Box sx={{ display: "grid", gap: 3, gridTemplateColumns: { xs: "minmax(0, 1fr)", lg: "minmax(0, 1fr) 19.25rem" } }}>
        <Box>
        {lists.length > 0 && <ListChoice lists={lists} chosen={chosen} onChoose={choose} />}
        <DataState
          query={query}
          what={t("market.what.stocks")}
          skeleton={<CardsSkeleton />}
          isEmpty={(stocks) => stocks.length === 0}
          empty={
            <Card>
              <Panel
                icon={<QueryStatsRounded />}
                title={chosen === null ? t("market.dashboard.empty") : t("watchlists.dashboardEmpty", { name: chosen.name })}
                actions={
                  <Button component={Link} to={chosen === null ? toNew({}) : `/watchlists?list=${chosen.id}`} variant="contained">
                    {chosen === null ? t("market.createAlert") : t("watchlists.manage")}
                  </Button>
                }
              >
                {chosen === null ? t("market.dashboard.emptyText") : t("watchlists.dashboardEmptyText")}
              </Panel>
            </Card>
          }
        >
          {(stocks) => <Stocks stocks={stocks} />}
        </DataState>
        </Box>
        <Box sx={{ display: "grid", gap: 2, alignContent: "start", gridTemplateColumns: { xs: "minmax(0, 1fr)", sm: "repeat(2, minmax(0, 1fr))", lg: "minmax(0, 1fr)" } }}>
          <NearestAlerts />
          <RecentlyTriggered />
        </Box>
      </Box>
    </>
  );
}

function Stocks({ stocks }: { stocks: Stock[] }) {
  const { t } = useTranslation();
  const { liveLimit } = useLiveState();
  const { data: market } = useGetMarketStatusQuery();
  const [exchange, setExchange] = useState("");
  const { data } = useListAlertsQuery({ status: "active", limit: 200 });
  const alertCounts = useMemo(() => {
    const counts = new Map<string, number>();
    for (const { instrument } of data?.items ?? []) counts.set(instrument, (counts.get(instrument) ?? 0) + 1);
    return counts;
  }, [data]);
  const exchanges = [...new Set(stocks.map((stock) => stock.exchange))].sort();
  const shown = exchange === "" ? stocks : stocks.filter((stock) => stock.exchange === exchange);
  return (
    <Box>
      {market?.mode === "replay" && (
        <Alert severity="info" sx={{ mb: 2 }}>
          {t("market.dashboard.recordedNotice")}
        </Alert>
      )}
      {liveLimit !== null && (
        <Alert
          severity="info"
          sx={{ mb: 2 }}
          action={
            <Button component={Link} to="/pricing" color="inherit" size="small">
              {t("ui.limitAction")}
            </Button>
          }
        >
          {t("market.dashboard.liveLimit", { count: liveLimit })}
        </Alert>
      )}
      {exchanges.length > 1 && (
        <ToggleButtonGroup
          exclusive
          size="small"
          color="primary"
          aria-label={t("market.dashboard.filter")}
          value={exchange}
          onChange={(_, value: string | null) => value !== null && setExchange(value)}
          sx={{ mb: 2 }}
        >
          {["", ...exchanges].map((each) => (
            <ToggleButton key={each} value={each} sx={{ px: 1.75, textTransform: "none", "@media (pointer: coarse)": { minHeight: 44 } }}>
              {each === "" ? t("market.dashboard.all") : each}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      )}
      <Box component="ul" sx={{ ...GRID, listStyle: "none", m: 0, p: 0 }}>
        {shown.map((stock) => (
          <StockCard key={stock.instrument} stock={stock} alertCount={alertCounts.get(stock.instrument) ?? 0} />
        ))}
      </Box>
    </Box>
  );
}

function CardsSkeleton() {
  return (
    <Box sx={GRID}>
      {Array.from({ length: 9 }, (_, key) => (
        <Skeleton key={key} variant="rounded" height={CARD_HEIGHT} sx={{ borderRadius: 3.5 }} />
      ))}
    </Box>
  );
}
