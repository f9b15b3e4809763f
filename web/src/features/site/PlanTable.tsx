import Box from "@mui/material/Box";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import { useTranslation } from "react-i18next";
import type { Plan } from "@/api";
import { quantity } from "@/format/format";
import { useChannelNames } from "./planTexts";
import "@/i18n/site";

const ROWS = [
  "active_alerts",
  "channels",
  "socket_symbols",
  "socket_ticks_per_second",
  "signals_per_day",
  "strategies",
  "ai_studio_minutes_per_month",
  "custom_indicators",
  "live_trading",
  "api_keys",
  "api_calls_per_minute",
  "support",
] as const;

/** Every limit of every plan. On a phone the table scrolls inside its own frame, never the page. */
export function PlanTable({ plans }: { plans: Plan[] }) {
  const { t } = useTranslation();
  const channelNames = useChannelNames();

  function amount(value: number | null, all: string): string {
    if (value === null) return all;
    return value === 0 ? t("site.pricing.none") : quantity(value);
  }

  function cell(row: (typeof ROWS)[number], { limits, support_answer_hours }: Plan): string {
    switch (row) {
      case "channels":
        return channelNames(limits.channels);
      case "socket_ticks_per_second":
        return amount(limits.socket_ticks_per_second, t("site.pricing.everyPrice"));
      case "custom_indicators":
        return limits.custom_indicators ? t("site.pricing.yes") : t("site.pricing.none");
      case "live_trading":
        return limits.live_trading ? t("site.pricing.yes") : t("site.pricing.paper");
      case "support":
        return support_answer_hours === null ? t("site.pricing.none") : t("site.pricing.hours", { count: support_answer_hours });
      default:
        return amount(limits[row], t("site.pricing.unlimited"));
    }
  }

  return (
    <Box
      role="region"
      aria-label={t("site.pricing.compare")}
      // Reachable by keyboard, since it may scroll.
      tabIndex={0}
      sx={{ position: "relative", overflowX: "auto", border: 1, borderColor: "divider", borderRadius: 3.5, bgcolor: "background.paper" }}
    >
      <Table sx={{ minWidth: 640 }}>
        <TableHead>
          <TableRow>
            <TableCell>{t("site.pricing.feature")}</TableCell>
            {plans.map((plan) => (
              <TableCell key={plan.code}>{plan.name}</TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {ROWS.map((row) => (
            <TableRow key={row} sx={{ "&:last-child td, &:last-child th": { border: 0 } }}>
              <TableCell component="th" scope="row" sx={{ fontWeight: 550 }}>
                {t(`site.pricing.rows.${row}`)}
              </TableCell>
              {plans.map((plan) => {
                const text = cell(row, plan);
                const none = text === t("site.pricing.none");
                return (
                  <TableCell key={plan.code} className="figures">
                    <span aria-hidden={none}>{text}</span>
                    {none && <span className="visually-hidden">{t("site.pricing.noneSpoken")}</span>}
                  </TableCell>
                );
              })}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Box>
  );
}
