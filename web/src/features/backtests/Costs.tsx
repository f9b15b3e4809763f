import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableRow from "@mui/material/TableRow";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { Section } from "@/ui/Section";
import { amount } from "./amounts";
import type { RunReport } from "./report";

/** What trading cost, item by item, and which orders were not filled. */
export function Costs({ report }: { report: RunReport }) {
  const { t } = useTranslation();
  return (
    <Section title={t("backtests.costs.title")} intro={t("backtests.costs.total", { total: amount(report.costs.total, report.currency) })}>
      {report.costs.items.length > 0 && (
        <Table size="small" aria-label={t("backtests.costs.title")}>
          <TableBody>
            {report.costs.items.map((item) => (
              <TableRow key={item.name}>
                <TableCell component="th" scope="row">{t(`backtests.costs.items.${item.name as "brokerage"}`)}</TableCell>
                <TableCell align="right" className="figures">{amount(item.amount, report.currency)}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      )}
      {report.refused.length > 0 && (
        <>
          <Typography sx={{ mt: 2, fontWeight: 600 }}>{t("backtests.costs.refused")}</Typography>
          {report.refused.map((one) => (
            <Typography key={one.reason} variant="body2">{t(`backtests.costs.refusals.${one.reason as "no_cash"}`, { count: one.count })}</Typography>
          ))}
        </>
      )}
    </Section>
  );
}
