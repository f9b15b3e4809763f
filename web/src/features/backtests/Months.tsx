import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableContainer from "@mui/material/TableContainer";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import { useTranslation } from "react-i18next";
import { Section } from "@/ui/Section";
import { gain } from "./amounts";
import type { Month } from "./report";
import { shade } from "./shade";

const NAMES = Array.from({ length: 12 }, (_, month) => new Intl.DateTimeFormat("en", { month: "short", timeZone: "UTC" }).format(Date.UTC(2024, month, 1)));

/** What each month brought, a year a line. */
export function Months({ months }: { months: Month[] }) {
  const { t } = useTranslation();
  const largest = Math.max(...months.flatMap((year) => year.months.map((value) => Math.abs(value ?? 0))), 1e-9);
  return (
    <Section title={t("backtests.months.title")} flush>
      <TableContainer tabIndex={0} role="region" aria-label={t("backtests.months.title")}>
        <Table size="small" aria-label={t("backtests.months.title")} sx={{ minWidth: 760, "& .MuiTableCell-root": { px: 0.75 } }}>
          <TableHead>
            <TableRow>
              <TableCell>{t("backtests.months.year")}</TableCell>
              {NAMES.map((name) => (
                <TableCell key={name} align="right">{name}</TableCell>
              ))}
              <TableCell align="right">{t("backtests.months.total")}</TableCell>
            </TableRow>
          </TableHead>
          <TableBody>
            {months.map((year) => (
              <TableRow key={year.year}>
                <TableCell component="th" scope="row" className="figures">{year.year}</TableCell>
                {year.months.map((value, month) => (
                  <TableCell key={month} align="right" className="figures" sx={{ bgcolor: value === null ? undefined : shade(value / largest) }}>
                    {value === null ? "" : gain(value)}
                  </TableCell>
                ))}
                <TableCell align="right" className="figures" sx={{ fontWeight: 650 }}>{year.total === null ? "–" : gain(year.total)}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </TableContainer>
    </Section>
  );
}
