import Box from "@mui/material/Box";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import { useTranslation } from "react-i18next";
import { price, quantity } from "@/format/format";
import { dateTime, day } from "@/format/time";
import type { Bar, Interval } from "@/ui/chart/bars";
import { figure, type Study } from "@/ui/chart/studies";
import "@/i18n/market";

interface BarTableProps {
  symbol: string;
  /** Oldest first. */
  bars: Bar[];
  studies: readonly Study[];
  interval: Interval;
  currency: string;
  zone: string;
}

const SHOWN = 100;
const FIGURES = ["open", "high", "low", "close"] as const;

/** The chart's bars as numbers, newest first. */
export default function BarTable({ symbol, bars, studies, interval, currency, zone }: BarTableProps) {
  const { t } = useTranslation();
  const shown = bars.slice(-SHOWN).reverse();
  const caption = t("market.stock.tableCaption", { count: shown.length, symbol });
  return (
    <Box role="region" aria-label={caption} tabIndex={0} sx={{ position: "relative", maxHeight: { xs: 320, md: 440 }, overflow: "auto" }}>
      <Table size="small" stickyHeader sx={{ "& td, & th": { px: 1.25, py: 0.875, fontSize: "0.8125rem" }, "& thead th": { bgcolor: "background.paper" } }}>
        <caption className="visually-hidden">{caption}</caption>
        <TableHead>
          <TableRow>
            <TableCell>{t("market.stock.columns.at")}</TableCell>
            {FIGURES.map((figure) => (
              <TableCell key={figure} align="right">
                {t(`market.stock.columns.${figure}`)}
              </TableCell>
            ))}
            <TableCell align="right">{t("market.stock.columns.volume")}</TableCell>
            {studies.map((study) => (
              <TableCell key={study.id} align="right">
                {study.label}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {shown.map((bar) => (
            <TableRow key={bar.at}>
              <TableCell component="th" scope="row" className="figures" sx={{ whiteSpace: "nowrap" }}>
                {interval === "1d" ? day(bar.at, zone) : dateTime(bar.at, zone)}
                <Box component="span" sx={{ color: "text.secondary", fontSize: "0.75rem" }}>
                  {bar.interpolated && ` · ${t("market.stock.interpolated")}`}
                  {!bar.complete && ` · ${t("market.stock.unfinished")}`}
                </Box>
              </TableCell>
              {FIGURES.map((figure) => (
                <TableCell key={figure} align="right" className="figures">
                  {price(bar[figure], currency)}
                </TableCell>
              ))}
              <TableCell align="right" className="figures">
                {bar.volume === null ? "–" : quantity(bar.volume, currency)}
              </TableCell>
              {studies.map((study) => {
                const value = study.values.get(Date.parse(bar.at));
                return (
                  <TableCell key={study.id} align="right" className="figures">
                    {value === undefined ? "–" : price(figure(value), currency)}
                  </TableCell>
                );
              })}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Box>
  );
}
