import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableContainer from "@mui/material/TableContainer";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Section } from "@/ui/Section";
import { amount, day, gain, part } from "./amounts";
import { Lines } from "./Lines";
import type { Curve } from "./report";

const TABLE_ROWS = 60;

/** Equity and drawdown over time, beside what the benchmark would have brought. */
export function Curves({ curve, currency, benchmark }: { curve: Curve; currency: string; benchmark: string | null }) {
  const { t } = useTranslation();
  const [isTable, setIsTable] = useState(false);
  const first = curve.equity[0];
  const last = curve.equity.at(-1);
  if (first === undefined || last === undefined) return null;
  const deepest = curve.drawdown.reduce((least, value) => Math.min(least, value), 0);
  const said = t("backtests.curve.said", {
    from: day(curve.at_ms[0] ?? 0),
    to: day(curve.at_ms.at(-1) ?? 0),
    first: amount(first, currency),
    last: amount(last, currency),
    gain: gain(last / first - 1),
    deepest: part(-deepest),
  });
  return (
    <Section
      title={t("backtests.curve.title")}
      intro={said}
      actions={
        <Button size="small" variant="outlined" aria-pressed={isTable} onClick={() => setIsTable(!isTable)}>
          {t("backtests.curve.data")}
        </Button>
      }
    >
      <Typography variant="caption" color="textSecondary">
        {t("backtests.curve.equity")}
        {benchmark !== null && curve.benchmark !== null && ` · ${t("backtests.curve.benchmark", { name: benchmark })}`}
      </Typography>
      <Lines
        height={220}
        lines={[
          { values: curve.equity, colour: "var(--sw-palette-primary-main)" },
          ...(curve.benchmark === null ? [] : [{ values: curve.benchmark, colour: "var(--sw-palette-text-secondary)", dashed: true }]),
        ]}
      />
      <Box sx={{ mt: 1.5 }}>
        <Typography variant="caption" color="textSecondary">{t("backtests.curve.drawdown")}</Typography>
        <Lines height={90} lines={[{ values: curve.drawdown, colour: "var(--sw-palette-error-main)", filled: true }]} />
      </Box>
      {isTable && <CurveTable curve={curve} currency={currency} />}
    </Section>
  );
}

function CurveTable({ curve, currency }: { curve: Curve; currency: string }) {
  const { t } = useTranslation();
  const step = Math.max(1, Math.ceil(curve.at_ms.length / TABLE_ROWS));
  const places = curve.at_ms.map((_, place) => place).filter((place) => place % step === 0 || place === curve.at_ms.length - 1);
  return (
    <TableContainer sx={{ mt: 2, maxHeight: 320 }} tabIndex={0} role="region" aria-label={t("backtests.curve.table")}>
      <Table size="small" stickyHeader aria-label={t("backtests.curve.table")}>
        <TableHead>
          <TableRow>
            <TableCell>{t("backtests.day")}</TableCell>
            <TableCell align="right">{t("backtests.curve.equity")}</TableCell>
            <TableCell align="right">{t("backtests.curve.drawdown")}</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {places.map((place) => (
            <TableRow key={place}>
              <TableCell className="figures">{day(curve.at_ms[place] ?? 0)}</TableCell>
              <TableCell align="right" className="figures">{amount(curve.equity[place] ?? 0, currency)}</TableCell>
              <TableCell align="right" className="figures">{part(curve.drawdown[place] ?? 0)}</TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}
