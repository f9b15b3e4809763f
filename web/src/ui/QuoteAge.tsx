import ScheduleRounded from "@mui/icons-material/ScheduleRounded";
import Box from "@mui/material/Box";
import Tooltip from "@mui/material/Tooltip";
import { useTranslation } from "react-i18next";
import { clockTime, dateTime, delay, recently, zoneOf } from "@/format/time";
import { useFreshness } from "@/live/hooks";
import type { Quote } from "@/live/quotes";
import { usePreferences } from "@/preferences/hooks";

/** How old a price is and where it is from: beside every price, in words. */
export function QuoteAge({ quote, exchange }: { quote: Quote; exchange: string }) {
  const { t } = useTranslation();
  const { zone } = usePreferences();
  const { delayed, ageMs } = useFreshness(quote);
  const now = Date.now();
  const age = recently(new Date(now - ageMs).toISOString(), now);
  const recorded = quote.recordedAt !== null;
  const title = [
    t("market.updatedAt", { time: dateTime(quote.receivedAt, zone) }),
    recorded ? t("market.recordedOf", { time: dateTime(quote.recordedAt as string, zoneOf(exchange)) }) : null,
    quote.source === null ? null : t("market.source", { source: recorded ? t("market.sourceReplay") : quote.source }),
  ];
  return (
    <Tooltip title={title.filter((part) => part !== null).join(" · ")}>
      <Box
        component="span"
        className="figures"
        data-delayed={delayed}
        sx={{ display: "inline-flex", alignItems: "center", gap: 0.5, fontSize: "0.78125rem", color: delayed ? "warning.main" : "text.secondary", fontWeight: delayed ? 600 : 400, whiteSpace: "nowrap" }}
      >
        {delayed && <ScheduleRounded aria-hidden sx={{ fontSize: 14 }} />}
        {delayed ? t("market.delayedBy", { delay: delay(ageMs) }) : (age ?? clockTime(quote.receivedAt, zone))}
        {recorded && ` · ${t("market.recordedBadge")}`}
      </Box>
    </Tooltip>
  );
}
