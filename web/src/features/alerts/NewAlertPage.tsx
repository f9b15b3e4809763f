import "@/i18n/bulk";
import "@/i18n/conditions";
import Box from "@mui/material/Box";
import Card from "@mui/material/Card";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import ToggleButton from "@mui/material/ToggleButton";
import ToggleButtonGroup from "@mui/material/ToggleButtonGroup";
import Typography from "@mui/material/Typography";
import { skipToken } from "@reduxjs/toolkit/query";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useSearchParams } from "react-router";
import { useGetStockQuery, useListWatchlistsQuery, useShowWatchlistRuleQuery, type Watchlist } from "@/api";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import "@/i18n/alerts";
import "@/i18n/market";

const NewAlert = lazy(() => import("./NewAlert").then((module) => ({ default: module.NewAlert })));
const Builder = lazy(() => import("./builder/Builder"));

export default function NewAlertPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [params, setParams] = useSearchParams();
  const instrument = params.get("symbol") ?? undefined;
  const kind = params.get("kind") === "rule" ? "rule" : "level";
  const list = params.get("watchlist");
  const done = () => void navigate(list === null ? "/alerts" : "/alerts/watchlist-rules");
  if (list !== null) return <OverList id={list} ruleId={params.get("rule")} onDone={done} />;
  return (
    <Box sx={{ maxWidth: 640, mx: "auto" }}>
      <PageTitle title={t("alerts.form.title")}>{t("alerts.form.title")}</PageTitle>
      <ToggleButtonGroup
        exclusive
        color="primary"
        aria-label={t("conditions.kind.label")}
        value={kind}
        onChange={(_, value: string | null) => value !== null && setParams({ ...Object.fromEntries(params), kind: value }, { replace: true })}
        sx={{ mt: 2 }}
      >
        <ToggleButton value="level" sx={{ minHeight: 44 }}>{t("conditions.kind.level")}</ToggleButton>
        <ToggleButton value="rule" sx={{ minHeight: 44 }}>{t("conditions.kind.rule")}</ToggleButton>
      </ToggleButtonGroup>
      <Card sx={{ p: { xs: 2, sm: 3 }, mt: 2 }}>
        <Suspense key={kind} fallback={<Skeleton variant="rounded" height={420} />}>
          {kind === "level" ? <NewAlert draft={{ instrument }} onDone={done} /> : <OnStock instrument={instrument} onDone={done} />}
        </Suspense>
      </Card>
    </Box>
  );
}

/** A rule over a watchlist, which has no plain level: each stock has prices of its own. */
function OverList({ id, ruleId, onDone }: { id: string; ruleId: string | null; onDone: () => void }) {
  const { t } = useTranslation();
  const query = useListWatchlistsQuery();
  const title = t(ruleId === null ? "bulk.rules.new" : "bulk.rules.edit");
  return (
    <Box sx={{ maxWidth: 640, mx: "auto" }}>
      <MuiLink component={Link} to="/alerts/watchlist-rules">{t("bulk.rules.title")}</MuiLink>
      <PageTitle title={title}>{title}</PageTitle>
      <Card sx={{ p: { xs: 2, sm: 3 }, mt: 2 }}>
        <DataState
          query={query}
          what={t("bulk.rules.whatLists")}
          skeleton={<Skeleton variant="rounded" height={420} />}
          isEmpty={({ items }) => items.every((list) => list.id !== id)}
          empty={<Typography>{t("bulk.rules.noList")}</Typography>}
        >
          {({ items }) => (
            <Suspense fallback={<Skeleton variant="rounded" height={420} />}>
              {ruleId === null ? (
                <Builder watchlist={items.find((list) => list.id === id)} onDone={onDone} />
              ) : (
                <OfRule ruleId={ruleId} watchlist={items.find((list) => list.id === id)} onDone={onDone} />
              )}
            </Suspense>
          )}
        </DataState>
      </Card>
    </Box>
  );
}

function OfRule({ ruleId, watchlist, onDone }: { ruleId: string; watchlist: Watchlist | undefined; onDone: () => void }) {
  const { t } = useTranslation();
  const query = useShowWatchlistRuleQuery({ ruleId });
  return (
    <DataState query={query} what={t("bulk.rules.what")} skeleton={<Skeleton variant="rounded" height={420} />}>
      {(rule) => <Builder watchlist={watchlist} rule={rule} onDone={onDone} />}
    </DataState>
  );
}

function OnStock({ instrument, onDone }: { instrument?: string; onDone: () => void }) {
  const { t } = useTranslation();
  const query = useGetStockQuery(instrument === undefined ? skipToken : { symbol: instrument });
  if (instrument === undefined) return <Builder onDone={onDone} />;
  return (
    <DataState query={query} what={t("market.what.stock")} skeleton={<Skeleton variant="rounded" height={420} />}>
      {(stock) => <Builder stock={stock} onDone={onDone} />}
    </DataState>
  );
}
