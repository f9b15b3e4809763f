import ScienceRounded from "@mui/icons-material/ScienceRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Checkbox from "@mui/material/Checkbox";
import Chip from "@mui/material/Chip";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useListBacktestsQuery, useShowBacktestLimitsQuery, type Backtest } from "@/api";
import { useJobs } from "@/live/jobs";
import { DataState } from "@/ui/DataState";
import { Panel } from "@/ui/Notices";
import { PageTitle } from "@/ui/PageTitle";
import { Time } from "@/ui/Time";
import { gain, number, part } from "./amounts";
import { COLOURS } from "./BacktestPage";
import "@/i18n/backtests";

const MOST_COMPARED = 4;
const PAGE = 50;

/** Every backtest that one has asked for; some of them to compare. */
export default function BacktestsPage() {
  const { t } = useTranslation();
  useJobs("backtests");
  const [cursors, setCursors] = useState<string[]>([]);
  const cursor = cursors.at(-1);
  const query = useListBacktestsQuery({ limit: PAGE, cursor });
  const limits = useShowBacktestLimitsQuery().data;
  const [chosen, setChosen] = useState<string[]>([]);

  function toggle(id: string) {
    setChosen((ids) => (ids.includes(id) ? ids.filter((each) => each !== id) : [...ids, id].slice(-MOST_COMPARED)));
  }

  return (
    <Box sx={{ maxWidth: 1000, mx: "auto" }}>
      <PageTitle title={t("backtests.title")}>{t("backtests.title")}</PageTitle>
      <Typography color="textSecondary" sx={{ mt: 1 }}>{t("backtests.intro")}</Typography>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1.5, alignItems: "center", my: 2 }}>
        <Button component={Link} to="/strategies" variant="contained">{t("backtests.choose")}</Button>
        <Button component={Link} to={`/backtests/compare?ids=${chosen.join(",")}`} variant="outlined" disabled={chosen.length < 2}>
          {t("backtests.compare", { count: chosen.length })}
        </Button>
        {limits !== undefined && (
          <Typography variant="body2" color="textSecondary" className="figures">{t("backtests.used", { used: limits.used_today, count: limits.per_day })}</Typography>
        )}
      </Box>
      <Card>
        <DataState
          query={query}
          what={t("backtests.what.all")}
          skeleton={<Skeleton variant="rounded" height={240} sx={{ m: 2.5 }} />}
          isEmpty={({ items }) => items.length === 0}
          empty={<Panel icon={<ScienceRounded />} title={t("backtests.none")}>{t("backtests.noneText")}</Panel>}
        >
          {({ items }) => (
            <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
              {items.map((backtest) => (
                <Row key={backtest.id} backtest={backtest} isChosen={chosen.includes(backtest.id)} onToggle={() => toggle(backtest.id)} />
              ))}
            </Box>
          )}
        </DataState>
      </Card>
      <Box sx={{ display: "flex", justifyContent: "end", gap: 1, mt: 1.5 }}>
        {cursors.length > 0 && <Button onClick={() => setCursors(cursors.slice(0, -1))}>{t("backtests.before")}</Button>}
        {query.data?.next_cursor != null && <Button onClick={() => setCursors([...cursors, query.data?.next_cursor ?? ""])}>{t("backtests.after")}</Button>}
      </Box>
    </Box>
  );
}

function Row({ backtest, isChosen, onToggle }: { backtest: Backtest; isChosen: boolean; onToggle: () => void }) {
  const { t } = useTranslation();
  const canCompare = backtest.status === "done" && backtest.kind === "run";
  const headline = (backtest.headline ?? {}) as Record<string, number | null>;
  return (
    <Box component="li" sx={{ display: "flex", gap: 1, alignItems: "center", px: { xs: 1, sm: 2 }, py: 1.25, borderTop: 1, borderColor: "divider" }}>
      <Checkbox checked={isChosen} disabled={!canCompare} onChange={onToggle} slotProps={{ input: { "aria-label": t("backtests.select", { name: backtest.name }) } }} />
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <MuiLink component={Link} to={`/backtests/${backtest.id}`} sx={{ fontWeight: 650, overflowWrap: "anywhere" }}>{backtest.name}</MuiLink>
        <Typography variant="body2" color="textSecondary" className="figures">
          {t(`backtests.kinds.${backtest.kind}`)} · {String(backtest.parameters.first)} – {String(backtest.parameters.last)} · <Time iso={backtest.created_at} />
        </Typography>
        {backtest.status === "done" && (
          <Typography variant="body2" className="figures">
            {headline.total_return != null && `${gain(headline.total_return)} `}
            {headline.sharpe != null && `· ${t("backtests.names.sharpe")} ${number(headline.sharpe)} `}
            {headline.max_drawdown != null && `· ${t("backtests.names.max_drawdown")} ${part(headline.max_drawdown)}`}
          </Typography>
        )}
      </Box>
      <Chip size="small" label={t(`backtests.states.${backtest.status}`)} color={COLOURS[backtest.status]} />
    </Box>
  );
}
