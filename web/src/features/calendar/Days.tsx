import Box from "@mui/material/Box";
import Chip from "@mui/material/Chip";
import MenuItem from "@mui/material/MenuItem";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useShowCalendarQuery, type CalendarDay, type ExchangeStatus } from "@/api";
import { day as dayText, hourMinute } from "@/format/time";
import { DataState } from "@/ui/DataState";
import { Section } from "@/ui/Section";
import { WriteButton } from "@/ui/WriteButton";
import { ChangeDialog } from "./ChangeDialog";
import { EndDialog } from "./EndDialog";

interface DaysProps {
  status: ExchangeStatus;
  isStaff: boolean;
}

const FIRST_YEAR = 2015;

/** The days of a year on which an exchange does not trade as its weekdays say. */
export function Days({ status, isStaff }: DaysProps) {
  const { t } = useTranslation();
  const { exchange, covered_until: end } = status;
  const last = Number(end.slice(0, 4));
  const [year, setYear] = useState(Math.min(new Date().getUTCFullYear(), last));
  const [changed, setChanged] = useState<string | null>(null);
  const [isMoving, setMoving] = useState(false);
  const query = useShowCalendarQuery({ exchange, from: `${year}-01-01`, to: `${year}-12-31` });
  const years = Array.from({ length: last - FIRST_YEAR + 1 }, (_, index) => last - index);
  return (
    <Section
      title={t("calendar.holidays")}
      actions={
        <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1.5 }}>
        <TextField select size="small" fullWidth={false} label={t("calendar.year")} value={year} onChange={(event) => setYear(Number(event.target.value))} sx={{ minWidth: 96 }}>
          {years.map((each) => (
            <MenuItem key={each} value={each}>
              {each}
            </MenuItem>
          ))}
        </TextField>
        {isStaff && (
          <>
            <WriteButton size="small" variant="outlined" onClick={() => setChanged("")}>
              {t("calendar.change")}
            </WriteButton>
            <WriteButton size="small" variant="outlined" onClick={() => setMoving(true)}>
              {t("calendar.moveEnd")}
            </WriteButton>
          </>
        )}
        </Box>
      }
    >
      <DataState
        query={query}
        what={t("calendar.what.calendar")}
        skeleton={<Skeleton variant="rounded" height={240} />}
        isEmpty={({ items }) => items.length === 0}
        empty={<Typography color="textSecondary">{t("calendar.none")}</Typography>}
      >
        {({ items, zone }) => (
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {items.map((item) => (
              <DayRow key={item.day} item={item} zone={zone} onChange={isStaff ? () => setChanged(item.day) : null} />
            ))}
          </Box>
        )}
      </DataState>
      <Typography variant="caption" color="textSecondary" component="p" sx={{ mt: 1.5 }}>
        {t("calendar.until", { day: end })}
      </Typography>
      {changed !== null && <ChangeDialog exchange={exchange} day={changed} known={query.data?.items.find(({ day }) => day === changed) ?? null} onClose={() => setChanged(null)} />}
      {isMoving && <EndDialog exchange={exchange} end={end} onClose={() => setMoving(false)} />}
    </Section>
  );
}

function DayRow({ item, zone, onChange }: { item: CalendarDay; zone: string; onChange: (() => void) | null }) {
  const { t } = useTranslation();
  const isHoliday = item.kind === "holiday";
  const hours =
    item.opens_at === null || item.closes_at === null
      ? t("calendar.noHours")
      : t("calendar.hours", { from: hourMinute(item.opens_at, zone), to: hourMinute(item.closes_at, zone) });
  return (
    <Box
      component="li"
      data-day={item.day}
      sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1.5, py: 1, borderTop: 1, borderColor: "divider", "&:first-of-type": { borderTop: 0 } }}
    >
      <Box component="time" dateTime={item.day} className="figures" sx={{ minWidth: 130, fontWeight: 600 }}>
        {dayText(`${item.day}T12:00:00Z`, "UTC")}
      </Box>
      <Box sx={{ flex: "1 1 160px", minWidth: 0, overflowWrap: "anywhere" }}>{item.name}</Box>
      <Chip size="small" variant="outlined" label={isHoliday ? t("calendar.holiday") : `${t("calendar.special")}, ${hours}`} />
      {onChange !== null && (
        <WriteButton size="small" aria-label={t("calendar.changeOf", { day: item.day })} onClick={onChange}>
          {t("calendar.changeOne")}
        </WriteButton>
      )}
    </Box>
  );
}
