import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { price, rate } from "@/format/format";
import { dateTime, day } from "@/format/time";
import type { Interval } from "@/ui/chart/bars";
import type { DrawnPatterns } from "@/ui/chart/PatternLines";
import { keyOf, type Pattern } from "@/ui/chart/patterns";
import "@/i18n/patterns";

interface PatternTableProps {
  symbol: string;
  drawn: DrawnPatterns;
  interval: Interval;
  currency: string;
  zone: string;
  /** Takes the key of the pattern that a person chooses. */
  onPick: (key: string) => void;
}

/** The patterns as text, newest first: what a canvas cannot say. Choosing one shows its target and stop on the chart. */
export default function PatternTable({ symbol, drawn, interval, currency, zone, onPick }: PatternTableProps) {
  const { t } = useTranslation();
  const time = (at: string) => (interval === "1d" ? day(at, zone) : dateTime(at, zone));
  const caption = t("patterns.caption", { symbol });
  const corners = ({ points }: Pattern) => points.map((point) => t("patterns.corner", { time: time(point.at), price: price(point.price, currency) })).join("; ");
  const shown = [...drawn.patterns].reverse();
  return (
    <Box sx={{ mt: 2 }}>
      <Typography variant="subtitle2" component="h2">
        {t("patterns.title")}
      </Typography>
      {shown.length === 0 ? (
        <Typography variant="body2" color="textSecondary">
          {t("patterns.none")}
        </Typography>
      ) : (
        <Box role="region" aria-label={caption} tabIndex={0} sx={{ position: "relative", maxHeight: 280, overflow: "auto" }}>
          <Table size="small" stickyHeader sx={{ "& td, & th": { px: 1, py: 0.75, fontSize: "0.8125rem", verticalAlign: "top" }, "& thead th": { bgcolor: "background.paper" } }}>
            <caption className="visually-hidden">{caption}</caption>
            <TableHead>
              <TableRow>
                <TableCell>{t("patterns.columns.pattern")}</TableCell>
                {(["target", "stop", "clarity"] as const).map((column) => (
                  <TableCell key={column} align="right">
                    {t(`patterns.columns.${column}`)}
                  </TableCell>
                ))}
              </TableRow>
            </TableHead>
            <TableBody>
              {shown.map((pattern) => {
                const key = keyOf(pattern);
                return (
                  <TableRow key={key} selected={key === drawn.chosen}>
                    <TableCell component="th" scope="row">
                      <Button
                        size="small"
                        aria-pressed={key === drawn.chosen}
                        onClick={() => onPick(key)}
                        sx={{ p: 0, minWidth: 0, textAlign: "left", textTransform: "none", "@media (pointer: coarse)": { minHeight: 44 } }}
                      >
                        {drawn.words.name(pattern)}
                      </Button>
                      <Box className="figures" sx={{ color: "text.secondary", fontSize: "0.75rem" }}>
                        {t("patterns.known", { time: time(pattern.at), close: price(pattern.close, currency) })}
                        <Box component="span" sx={{ display: "block" }}>
                          {t("patterns.corners", { corners: corners(pattern) })}
                        </Box>
                      </Box>
                    </TableCell>
                    <TableCell align="right" className="figures">
                      {price(pattern.target, currency)}
                    </TableCell>
                    <TableCell align="right" className="figures">
                      {price(pattern.stop, currency)}
                    </TableCell>
                    <TableCell align="right" className="figures">
                      {rate(String(pattern.confidence))}
                    </TableCell>
                  </TableRow>
                );
              })}
            </TableBody>
          </Table>
        </Box>
      )}
      <Typography variant="caption" color="textSecondary" component="p" sx={{ mt: 1 }}>
        {t("patterns.note")}
      </Typography>
    </Box>
  );
}
