import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableContainer from "@mui/material/TableContainer";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { Section } from "@/ui/Section";
import { amount, number, part } from "./amounts";
import type { RunReport } from "./report";

/** How much of the result may be luck: other orders of the trades, and the chance of such a mean without skill. */
export function Chance({ report }: { report: RunReport }) {
  const { t } = useTranslation();
  const { monte_carlo: spread, bootstrap, look_ahead: ahead } = report;
  return (
    <Section title={t("backtests.chance.title")}>
      {bootstrap !== null && (
        <Typography>
          {bootstrap.p_value === null ? t("backtests.chance.noP", { why: bootstrap.why_not ?? "" }) : t("backtests.chance.p", { value: number(bootstrap.p_value) })}
        </Typography>
      )}
      {ahead !== null && <Typography sx={{ mt: 1 }}>{ahead.words}</Typography>}
      {spread !== null && (
        <>
          <Typography sx={{ mt: 1, mb: 1 }}>
            {t("backtests.chance.orders", { count: spread.orders, deeper: part(spread.deeper) })}
            {spread.loss !== undefined && ` ${t("backtests.chance.loss", { value: part(spread.loss) })}`}
          </Typography>
          <TableContainer tabIndex={0} role="region" aria-label={t("backtests.chance.table")}>
            <Table size="small" aria-label={t("backtests.chance.table")}>
              <TableHead>
                <TableRow>
                  <TableCell>{t("backtests.chance.share")}</TableCell>
                  <TableCell align="right">{t("backtests.chance.drawdown")}</TableCell>
                  <TableCell align="right">{t("backtests.chance.equity")}</TableCell>
                </TableRow>
              </TableHead>
              <TableBody>
                {spread.shares.map((share, index) => (
                  <TableRow key={share}>
                    <TableCell component="th" scope="row" className="figures">{part(share)}</TableCell>
                    <TableCell align="right" className="figures">{part(spread.drawdown[index] ?? 0)}</TableCell>
                    <TableCell align="right" className="figures">{amount(spread.equity[index] ?? 0, report.currency)}</TableCell>
                  </TableRow>
                ))}
              </TableBody>
            </Table>
          </TableContainer>
        </>
      )}
    </Section>
  );
}
