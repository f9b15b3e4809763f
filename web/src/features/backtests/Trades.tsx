import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import MenuItem from "@mui/material/MenuItem";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableContainer from "@mui/material/TableContainer";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Section } from "@/ui/Section";
import { amount, number } from "./amounts";
import { Lines, type Mark } from "./Lines";
import type { RunReport, Trade } from "./report";

const PAGE = 25;
const AROUND = 30;

/** The trades upon the prices at which they were made, and as a list; a line of the list shows its place. */
export function Trades({ report }: { report: RunReport }) {
  const { t } = useTranslation();
  const symbols = Object.keys(report.prices);
  const [symbol, setSymbol] = useState(symbols[0] ?? "");
  const [chosen, setChosen] = useState<Trade | null>(null);
  const [page, setPage] = useState(0);
  const pages = Math.max(1, Math.ceil(report.trades.length / PAGE));
  const shown = report.trades.slice(page * PAGE, page * PAGE + PAGE);
  const intro = t("backtests.trades.intro", { count: report.trade_count });

  function show(trade: Trade) {
    setChosen(trade === chosen ? null : trade);
    if (trade.symbol in report.prices) setSymbol(trade.symbol);
  }

  return (
    <Section
      title={t("backtests.trades.title")}
      intro={report.trade_count > report.trades.length ? `${intro} ${t("backtests.trades.cut", { shown: report.trades.length })}` : intro}
      flush
      actions={
        symbols.length > 1 && (
          <TextField select size="small" fullWidth={false} label={t("backtests.instrument")} value={symbol} onChange={(event) => { setSymbol(event.target.value); setChosen(null); }} sx={{ minWidth: 180 }}>
            {symbols.map((name) => (
              <MenuItem key={name} value={name}>{name}</MenuItem>
            ))}
          </TextField>
        )
      }
    >
      <Box sx={{ px: { xs: 2, sm: 3 }, pb: 2 }}>
        <Typography variant="caption" color="textSecondary">{t("backtests.trades.chart", { symbol })}</Typography>
        <TradeChart report={report} symbol={symbol} chosen={chosen?.symbol === symbol ? chosen : null} />
      </Box>
      <TableContainer tabIndex={0} role="region" aria-label={t("backtests.trades.title")}>
        <Table size="small" aria-label={t("backtests.trades.title")} sx={{ minWidth: 900 }}>
          <TableHead>
            <TableRow>
              <TableCell>{t("backtests.instrument")}</TableCell>
              <TableCell align="right">{t("backtests.trades.units")}</TableCell>
              <TableCell>{t("backtests.trades.entry")}</TableCell>
              <TableCell>{t("backtests.trades.exit")}</TableCell>
              <TableCell>{t("backtests.trades.reason")}</TableCell>
              <TableCell align="right">{t("backtests.trades.costs")}</TableCell>
              <TableCell align="right">{t("backtests.trades.result")}</TableCell>
            </TableRow>
          </TableHead>
          <TableBody>
            {shown.map((trade) => (
              <TableRow key={`${trade.symbol} ${trade.entry_ms}`} selected={trade === chosen}>
                <TableCell>
                  <Button size="small" onClick={() => show(trade)} aria-label={t("backtests.trades.show", { symbol: trade.symbol, at: trade.entry_at })}>
                    {trade.symbol}
                  </Button>{" "}
                  {t(`backtests.trades.sides.${trade.side as "long"}`)}
                </TableCell>
                <TableCell align="right" className="figures">{number(trade.units)}</TableCell>
                <TableCell className="figures">{trade.entry_at.slice(0, 10)} · {amount(trade.entry_price, report.currency)}</TableCell>
                <TableCell className="figures">{trade.exit_at.slice(0, 10)} · {amount(trade.exit_price, report.currency)}</TableCell>
                <TableCell>{t(`backtests.reasons.${trade.reason as "rule"}`)}</TableCell>
                <TableCell align="right" className="figures">{amount(trade.costs, report.currency)}</TableCell>
                <TableCell align="right" className="figures" sx={{ color: trade.pnl < 0 ? "error.main" : "success.main" }}>
                  {amount(trade.pnl, report.currency)}
                  {trade.dividends !== undefined && trade.dividends !== 0 && (
                    <Typography variant="caption" component="p" color="textSecondary">{t("backtests.trades.dividends", { amount: amount(trade.dividends, report.currency) })}</Typography>
                  )}
                </TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </TableContainer>
      {pages > 1 && (
        <Box sx={{ display: "flex", justifyContent: "end", alignItems: "center", gap: 1, p: 1.5 }}>
          <Button size="small" disabled={page === 0} onClick={() => setPage(page - 1)}>{t("backtests.before")}</Button>
          <Typography variant="body2" className="figures">{t("backtests.page", { page: page + 1, pages })}</Typography>
          <Button size="small" disabled={page + 1 >= pages} onClick={() => setPage(page + 1)}>{t("backtests.after")}</Button>
        </Box>
      )}
    </Section>
  );
}

function TradeChart({ report, symbol, chosen }: { report: RunReport; symbol: string; chosen: Trade | null }) {
  const prices = report.prices[symbol];
  const placed = useMemo(() => {
    if (prices === undefined) return [];
    const placeOf = (ms: number) => Math.max(0, prices.at_ms.findLastIndex((at) => at <= ms));
    return report.trades
      .filter((trade) => trade.symbol === symbol)
      .map((trade) => ({ trade, from: placeOf(trade.entry_ms), to: placeOf(trade.exit_ms) }));
  }, [prices, report.trades, symbol]);
  if (prices === undefined) return null;
  const own = placed.find(({ trade }) => trade === chosen);
  const marks = (own === undefined ? placed : [own]).flatMap<Mark>(({ trade, from, to }) => [
    { place: from, value: trade.entry_price, colour: "var(--sw-palette-primary-main)", up: trade.side === "long" },
    { place: to, value: trade.exit_price, colour: trade.pnl < 0 ? "var(--sw-palette-error-main)" : "var(--sw-palette-success-main)", up: trade.side !== "long" },
  ]);
  const span: [number, number] | null = own === undefined ? null : [Math.max(0, own.from - AROUND), Math.min(prices.close.length - 1, own.to + AROUND)];
  return <Lines height={220} span={span} lines={[{ values: prices.close, colour: "var(--sw-palette-text-secondary)" }]} marks={marks} />;
}
