import Skeleton from "@mui/material/Skeleton";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableContainer from "@mui/material/TableContainer";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { useCountQuarantinedQuery } from "@/api";
import { DataState } from "@/ui/DataState";
import { Section } from "@/ui/Section";
import { Time } from "@/ui/Time";
import "@/i18n/marketData";

const DAYS = 7;
const COLUMNS = ["source", "instrument", "reason", "times", "waiting", "last"] as const;

/** How many prices were put aside, by source, stock and reason. */
export function QualityCounts() {
  const { t } = useTranslation();
  const query = useCountQuarantinedQuery({ days: DAYS });
  return (
    <Section flush title={t("marketData.quality.counts")}>
      <DataState
        query={query}
        what={t("marketData.what.counts")}
        skeleton={<Skeleton variant="rounded" height={120} sx={{ m: 2.5 }} />}
        isEmpty={({ items }) => items.length === 0}
        empty={
          <Typography color="textSecondary" sx={{ px: 2.5, pb: 2.5 }}>
            {t("marketData.quality.noCounts")}
          </Typography>
        }
      >
        {({ items }) => (
          // Scrolled by keyboard too: the table is wider than a phone.
          <TableContainer tabIndex={0} role="region" aria-label={t("marketData.quality.countsTable")} sx={{ maxHeight: 360 }}>
            <Table size="small" stickyHeader>
              <TableHead>
                <TableRow>
                  {COLUMNS.map((column) => (
                    <TableCell key={column} align={column === "times" || column === "waiting" ? "right" : "left"}>
                      {t(`marketData.quality.columns.${column}`)}
                    </TableCell>
                  ))}
                </TableRow>
              </TableHead>
              <TableBody>
                {items.map((row) => (
                  <TableRow key={`${row.source} ${row.instrument} ${row.reason}`}>
                    <TableCell>{row.source}</TableCell>
                    <TableCell>{row.instrument}</TableCell>
                    <TableCell>{t(`marketData.reasons.${row.reason}`)}</TableCell>
                    <TableCell align="right" className="figures">
                      {row.times}
                    </TableCell>
                    <TableCell align="right" className="figures">
                      {row.waiting}
                    </TableCell>
                    <TableCell>
                      <Time iso={row.last_at} />
                    </TableCell>
                  </TableRow>
                ))}
              </TableBody>
            </Table>
          </TableContainer>
        )}
      </DataState>
    </Section>
  );
}
