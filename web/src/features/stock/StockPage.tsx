import SearchOffRounded from "@mui/icons-material/SearchOffRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Skeleton from "@mui/material/Skeleton";
import ToggleButton from "@mui/material/ToggleButton";
import ToggleButtonGroup from "@mui/material/ToggleButtonGroup";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import { useGetStockQuery, useListAlertsQuery, type Alert, type Stock } from "@/api";
import { problemOf } from "@/api/problem";
import { money } from "@/format/format";
import { usePollingInterval, useQuote, useQuotes } from "@/live/hooks";
import { useAlertPanelLinks } from "@/ui/alertPanel";
import { DataState } from "@/ui/DataState";
import { Panel } from "@/ui/Notices";
import { PageTitle } from "@/ui/PageTitle";
import { useShortcuts } from "@/ui/shortcuts";
import { StockAlerts } from "./StockAlerts";
import { StockHeader } from "./StockHeader";
import "@/i18n/news";
import "@/i18n/market";

// Begun with the page, so that the chart is there when the stock is.
const chart = import("./ChartCard");
const ChartCard = lazy(() => chart);
const StockDays = lazy(() => import("./StockDays"));
const StockNews = lazy(() => import("./StockNews"));

/** One array for "none", so that the chart sees no change where there is none. */
const NO_ALERTS: Alert[] = [];

export default function StockPage() {
  const { t } = useTranslation();
  const { exchange = "", symbol = "" } = useParams();
  const instrument = `${exchange}:${symbol}`.toUpperCase();
  const query = useGetStockQuery({ symbol: instrument }, { pollingInterval: usePollingInterval() });
  if (query.data === undefined && query.error !== undefined && problemOf(query.error).status === 404) {
    return <NotCovered symbol={symbol} exchange={exchange} />;
  }
  return (
    <DataState
      // Nothing of the stock that one came from.
      query={{ ...query, data: query.currentData }}
      what={t("market.what.stock")}
      skeleton={
        <>
          <Skeleton variant="rounded" height={112} sx={{ mb: 2.5 }} />
          <Skeleton variant="rounded" height={540} />
        </>
      }
    >
      {(stock) => <Loaded key={stock.instrument} stock={stock} />}
    </DataState>
  );
}

function Loaded({ stock }: { stock: Stock }) {
  const { t } = useTranslation();
  const [spoken, setSpoken] = useState("");
  const [tab, setTab] = useState<"chart" | "news">("chart");
  const quotes = useQuotes();
  const quote = useQuote(stock.instrument);
  const alerts = useListAlertsQuery({ status: "active", symbol: stock.instrument, limit: 50 }, { pollingInterval: usePollingInterval() });

  const navigate = useNavigate();
  const { toNew } = useAlertPanelLinks();
  const actions = useMemo(
    () => ({
      a: () => void navigate(toNew({ instrument: stock.instrument })),
      // A live price is never announced by itself; this key reads it.
      r: () => {
        const now = quotes.get(stock.instrument);
        if (now !== undefined) setSpoken(t("market.stock.readPrice", { symbol: stock.symbol, price: money(now.price, stock.currency) }));
      },
    }),
    [navigate, quotes, stock, t, toNew],
  );
  useShortcuts(actions);

  return (
    <>
      <StockHeader stock={stock} quote={quote} />
      <span className="visually-hidden" role="status">
        {spoken}
      </span>
      <Box sx={{ display: "grid", gap: 2, alignItems: "start", gridTemplateColumns: { xs: "minmax(0, 1fr)", lg: "minmax(0, 1fr) 19.25rem" } }}>
        <Box sx={{ minWidth: 0 }}>
          <ToggleButtonGroup
            exclusive
            size="small"
            color="primary"
            aria-label={t("news.tabs.label")}
            value={tab}
            onChange={(_, to: "chart" | "news" | null) => to !== null && setTab(to)}
            sx={{ mb: 1.5 }}
          >
            {(["chart", "news"] as const).map((each) => (
              <ToggleButton key={each} value={each} sx={{ px: 1.75, textTransform: "none", "@media (pointer: coarse)": { minHeight: 44 } }}>
                {t(`news.tabs.${each}`)}
              </ToggleButton>
            ))}
          </ToggleButtonGroup>
          <Suspense key={tab} fallback={<Skeleton variant="rounded" height={540} />}>
            {tab === "chart" ? <ChartCard stock={stock} quote={quote} alerts={alerts.data?.items ?? NO_ALERTS} /> : <StockNews stock={stock} />}
          </Suspense>
        </Box>
        <Box sx={{ display: "grid", gap: 2 }}>
          <StockAlerts stock={stock} quote={quote} query={alerts} />
          <Suspense fallback={<Skeleton variant="rounded" height={140} />}>
            <StockDays stock={stock} />
          </Suspense>
        </Box>
      </Box>
    </>
  );
}

function NotCovered({ symbol, exchange }: { symbol: string; exchange: string }) {
  const { t } = useTranslation();
  const title = t("market.stock.notFoundTitle", { symbol });
  return (
    <Card>
      <PageTitle title={title} hidden>
        {title}
      </PageTitle>
      <Panel
        icon={<SearchOffRounded />}
        title={title}
        actions={
          <Button variant="contained" component={Link} to="/dashboard">
            {t("ui.toDashboard")}
          </Button>
        }
      >
        {t("market.stock.notFoundText", { exchange })}
      </Panel>
    </Card>
  );
}
