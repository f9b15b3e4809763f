import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import Typography from "@mui/material/Typography";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { Preview } from "@/api";
import { money } from "@/format/format";
import { Time } from "@/ui/Time";

const WIDTH = 480;
const HEIGHT = 132;
const EDGE = 6;
const LISTED = 8;

/** When the condition would have fired: a line of recorded prices with marks, and the same as a table. */
export default function PreviewChart({ preview, days }: { preview: Preview; days: number }) {
  const { t } = useTranslation();
  const id = useId();
  if (preview.interval === null) return <Alert severity="info">{t("conditions.preview.none")}</Alert>;
  const fired = preview.marks.filter((mark) => mark.edge === "fired");
  const said = t("conditions.preview.fired", {
    count: preview.fired,
    bars: preview.bars,
    interval: t(`conditions.intervals.${preview.interval as "1m"}`),
  });
  return (
    <Box component="section" aria-labelledby={id}>
      <Typography id={id} variant="body2" sx={{ fontWeight: 600, mb: 0.5 }}>
        {t("conditions.preview.title", { days })}
      </Typography>
      <Typography variant="body2" color="textSecondary" role="status">
        {said}
      </Typography>
      <Line preview={preview} fired={fired.map((mark) => ({ at: mark.at, price: mark.price }))} />
      {fired.length > 0 && (
        <Table size="small" aria-label={t("conditions.preview.table")} sx={{ mt: 1 }}>
          <TableHead>
            <TableRow>
              <TableCell>{t("conditions.preview.at")}</TableCell>
              <TableCell align="right">{t("conditions.preview.price")}</TableCell>
              <TableCell align="right">{t("conditions.preview.reached")}</TableCell>
            </TableRow>
          </TableHead>
          <TableBody>
            {fired.slice(-LISTED).reverse().map((mark) => (
              <TableRow key={`${mark.at} ${mark.price}`}>
                <TableCell>
                  <Time iso={mark.at} />
                </TableCell>
                <TableCell align="right" className="figures">{money(mark.price, preview.currency)}</TableCell>
                <TableCell align="right" className="figures">
                  {mark.threshold_price === null ? "–" : money(mark.threshold_price, preview.currency)}
                </TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      )}
    </Box>
  );
}

/** Decoration: the sentence and the table say what it shows. */
function Line({ preview, fired }: { preview: Preview; fired: { at: string; price: string }[] }) {
  const points = preview.closes.map(({ at, close }) => ({ at: Date.parse(at), price: Number(close) }));
  const marks = fired.map(({ at, price }) => ({ at: Date.parse(at), price: Number(price) }));
  // By bar, not by time: nights and holidays take no room.
  const placeOf = (at: number) => Math.max(0, points.findLastIndex((point) => point.at <= at));
  const prices = [...points, ...marks].map(({ price }) => price);
  const low = Math.min(...prices);
  const span = Math.max(...prices) - low || 1;
  const x = (place: number) => EDGE + (place / Math.max(1, points.length - 1)) * (WIDTH - 2 * EDGE);
  const y = (price: number) => HEIGHT - EDGE - ((price - low) / span) * (HEIGHT - 2 * EDGE);
  const line = points.map(({ price }, place) => `${x(place).toFixed(1)} ${y(price).toFixed(1)}`).join("L");
  return (
    <Box component="svg" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden sx={{ width: "100%", display: "block", mt: 1, borderRadius: 1, bgcolor: "action.hover" }}>
      <path d={`M${line}`} fill="none" stroke="var(--sw-palette-text-secondary)" strokeWidth="1.5" />
      {marks.map(({ at, price }) => (
        <circle key={`${at} ${price}`} cx={x(placeOf(at))} cy={y(price)} r="4" fill="var(--sw-palette-primary-main)" stroke="var(--sw-palette-background-paper)" />
      ))}
    </Box>
  );
}
