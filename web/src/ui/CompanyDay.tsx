import Box from "@mui/material/Box";
import Chip from "@mui/material/Chip";
import MuiLink from "@mui/material/Link";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { CompanyEvent } from "@/api";
import { money } from "@/format/format";
import { stockPath } from "@/ui/stockPath";
import { Time } from "@/ui/Time";
import "@/i18n/companies";

/** The day of a company's event as people write it; a day has no zone. */
export function dayText(day: string, options: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", year: "numeric" }): string {
  return new Intl.DateTimeFormat("en-IN", { ...options, timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));
}

/** One event of a company: what it is, in the source's own words, with its source and time. `action`: a button of staff. */
export function CompanyDay({ event, named = true, action }: { event: CompanyEvent; named?: boolean; action?: ReactNode }) {
  const { t } = useTranslation();
  const { amount, old_shares: oldShares, new_shares: newShares } = event;
  const facts = [
    named ? null : dayText(event.day),
    amount === null ? null : t("companies.amount", { amount: money(amount, event.currency) }),
    oldShares === null || newShares === null ? null : t("companies.ratio", { oldShares, newShares }),
    event.record_day === null || event.record_day === event.day ? null : t("companies.recordDay", { day: dayText(event.record_day) }),
    event.previous_day === null ? null : t("companies.moved", { day: dayText(event.previous_day) }),
  ].filter((fact) => fact !== null);
  return (
    <Box component="li" sx={{ display: "grid", gap: 0.25, py: 1.25, borderTop: 1, borderColor: "divider", "&:first-of-type": { borderTop: 0 } }}>
      <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", columnGap: 1.25, rowGap: 0.5 }}>
        {named && (
          <MuiLink component={Link} to={stockPath(event.instrument)} sx={{ fontWeight: 650 }}>
            {event.symbol}
          </MuiLink>
        )}
        <Chip size="small" variant="outlined" label={t(`companies.kinds.${event.kind}`)} />
        {facts.length > 0 && (
          <Typography variant="body2" className="figures">
            {facts.join(" · ")}
          </Typography>
        )}
        {action !== undefined && <Box sx={{ ml: "auto" }}>{action}</Box>}
      </Box>
      <Typography variant="body2" color="textSecondary" sx={{ overflowWrap: "anywhere" }}>
        {named ? `${event.name}: ${event.words}` : event.words}
      </Typography>
      <Typography variant="caption" color="textSecondary">
        {t("companies.source", { source: t(`companies.sources.${event.source}`) })} <Time iso={event.received_at} />
      </Typography>
    </Box>
  );
}
