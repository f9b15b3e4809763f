import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableContainer from "@mui/material/TableContainer";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import { useTranslation } from "react-i18next";
import { Section } from "@/ui/Section";
import { amount, gain, part as percent } from "./amounts";
import type { Part } from "./report";

/** What each instrument, or each way in which trades ended, brought. */
export function Parts({ title, parts, currency, nameOf }: { title: string; parts: Part[] | undefined; currency: string; nameOf: (name: string) => string }) {
  const { t } = useTranslation();
  if (parts === undefined || parts.length === 0) return null;
  return (
    <Section title={title} flush>
      <TableContainer tabIndex={0} role="region" aria-label={title}>
        <Table size="small" aria-label={title}>
          <TableHead>
            <TableRow>
              <TableCell />
              <TableCell align="right">{t("backtests.trades.title")}</TableCell>
              <TableCell align="right">{t("backtests.parts.won")}</TableCell>
              <TableCell align="right">{t("backtests.parts.average")}</TableCell>
              <TableCell align="right">{t("backtests.trades.costs")}</TableCell>
              <TableCell align="right">{t("backtests.trades.result")}</TableCell>
            </TableRow>
          </TableHead>
          <TableBody>
            {parts.map((one) => (
              <TableRow key={one.name}>
                <TableCell component="th" scope="row">{nameOf(one.name)}</TableCell>
                <TableCell align="right" className="figures">{one.trades}</TableCell>
                <TableCell align="right" className="figures">{percent(one.won / one.trades)}</TableCell>
                <TableCell align="right" className="figures">{one.average === null ? "–" : gain(one.average)}</TableCell>
                <TableCell align="right" className="figures">{amount(one.costs, currency)}</TableCell>
                <TableCell align="right" className="figures">{amount(one.profit, currency)}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </TableContainer>
    </Section>
  );
}
