import Box from "@mui/material/Box";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import type { TrackRecord as Recorded } from "@/api";
import { ratio, share } from "@/format/ratio";
import { day } from "@/format/time";
import { usePreferences } from "@/preferences/hooks";
import { Section } from "./Section";
import "@/i18n/signals";

/** What all signals ever of a version came to, with costs, and how reliable its confidence was. */
export function TrackRecord({ record }: { record: Recorded }) {
  return (
    <>
      <Figures record={record} />
      <Reliability record={record} />
    </>
  );
}

function Figures({ record }: { record: Recorded }) {
  const { t } = useTranslation();
  const { zone } = usePreferences();
  const part = (value: number | null) => (value === null ? "–" : ratio(value));
  const figures = {
    signals: String(record.signals),
    closed: String(record.closed),
    won: String(record.won),
    hit_rate: record.hit_rate === null ? "–" : share(record.hit_rate),
    mean_net: part(record.mean_net),
    best: part(record.best),
    worst: part(record.worst),
  };
  return (
    <Section title={t("signals.record")} intro={t("signals.recordText")}>
      <Typography sx={{ fontWeight: 600 }}>{t(`signals.${record.basis}`)}</Typography>
      {record.since !== null && record.until !== null && (
        <Typography variant="body2">{t("signals.period", { since: day(record.since, zone), until: day(record.until, zone) })}</Typography>
      )}
      <Box component="dl" className="figures" sx={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(140px, 1fr))", gap: 2, mt: 2, mb: 0 }}>
        {(Object.keys(figures) as (keyof typeof figures)[]).map((name) => (
          <div key={name}>
            <Typography component="dt" variant="caption" color="textSecondary">
              {t(`signals.figures.${name}`)}
            </Typography>
            <Typography component="dd" sx={{ m: 0, fontWeight: 600 }}>
              {figures[name]}
            </Typography>
          </div>
        ))}
      </Box>
    </Section>
  );
}

function Reliability({ record }: { record: Recorded }) {
  const { t } = useTranslation();
  const { calibration } = record;
  if (calibration === null) {
    return (
      <Section title={t("signals.calibration")}>
        <Typography>{t("signals.calibrationNone", { needed: record.outcomes_needed })}</Typography>
      </Section>
    );
  }
  return (
    <Section title={t("signals.calibration")} intro={t("signals.calibrationText", { trained: calibration.trained, held: calibration.held_back, error: share(calibration.error) })}>
      {!calibration.is_good && <Typography role="note">{t("signals.calibrationBad")}</Typography>}
      <Table size="small">
        <TableHead>
          <TableRow>
            {(["band", "count", "said", "came"] as const).map((name) => (
              <TableCell key={name} align={name === "band" ? "left" : "right"}>
                {t(`signals.table.${name}`)}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody className="figures">
          {calibration.bins.map(({ low, high, count, said, came }) => (
            <TableRow key={low}>
              <TableCell>
                {share(low)} – {share(high)}
              </TableCell>
              <TableCell align="right">{count}</TableCell>
              <TableCell align="right">{share(said)}</TableCell>
              <TableCell align="right">{share(came)}</TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Section>
  );
}
