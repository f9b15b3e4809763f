import DeleteOutlineRounded from "@mui/icons-material/DeleteOutlineRounded";
import EditRounded from "@mui/icons-material/EditRounded";
import PauseRounded from "@mui/icons-material/PauseRounded";
import PlayArrowRounded from "@mui/icons-material/PlayArrowRounded";
import Box from "@mui/material/Box";
import Checkbox from "@mui/material/Checkbox";
import Chip from "@mui/material/Chip";
import IconButton from "@mui/material/IconButton";
import MuiLink from "@mui/material/Link";
import Tooltip from "@mui/material/Tooltip";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Alert } from "@/api";
import { distanceTo, levelOf } from "@/format/distance";
import { money, percent } from "@/format/format";
import { alerts as texts } from "@/i18n/en/alerts";
import { useFreshness, useQuote } from "@/live/hooks";
import type { Quote } from "@/live/quotes";
import { useAlertPanelLinks } from "@/ui/alertPanel";
import { LivePrice } from "@/ui/LivePrice";
import { useReadOnly } from "@/ui/readOnly";
import { useRuleText } from "@/ui/ruleText";
import { stockPath } from "@/ui/stockPath";
import { Time } from "@/ui/Time";
import "@/i18n/alerts";
import "@/i18n/bulk";

interface AlertRowProps {
  alert: Alert;
  isSelected: boolean;
  onSelect: (alert: Alert, on: boolean) => void;
  onToggle: (alert: Alert) => void;
  onRemove: (alert: Alert) => void;
}

/** The columns of a list of alerts from 900 px on; below, a row becomes a card. */
export const ALERT_COLUMNS = "minmax(150px, 1.1fr) minmax(150px, 2fr) minmax(96px, 0.8fr) minmax(150px, 1.1fr) minmax(104px, 0.8fr) auto";

/** One alert: what it waits for, where the price is now, and what can be done with it. */
export function AlertRow({ alert, isSelected, onSelect, onToggle, onRemove }: AlertRowProps) {
  const { t } = useTranslation();
  const ruleText = useRuleText();
  const { toEdit } = useAlertPanelLinks();
  const rule = ruleText(alert);
  const named = (action: string) => t("alerts.row.actionsFor", { action, symbol: alert.stock_symbol, rule });
  const readOnly = useReadOnly();
  const canToggle = alert.status !== "triggered";
  // What is said in a sentence has a phone's whole width.
  const own = alert.alert_type === "threshold" ? "auto" : "1 / -1";
  return (
    <Box
      component="li"
      data-alert-id={alert.id}
      sx={{
        display: "grid",
        gridTemplateColumns: { xs: "1fr 1fr", md: ALERT_COLUMNS },
        gap: { xs: 1.5, md: 2 },
        alignItems: "center",
        px: { xs: 2, sm: 2.5 },
        py: 1.75,
        borderTop: 1,
        borderColor: "divider",
        "&:first-of-type": { borderTopWidth: { xs: 0, md: 1 } },
      }}
    >
      <Box sx={{ gridColumn: { xs: own, md: "auto" }, minWidth: 0, display: "flex", alignItems: "flex-start", ml: -1.25 }}>
        <Checkbox
          size="small"
          checked={isSelected}
          onChange={(_, on) => onSelect(alert, on)}
          slotProps={{ input: { "aria-label": t("bulk.select", { symbol: alert.stock_symbol, rule }) } }}
          sx={{ mt: -0.5 }}
        />
        <Box sx={{ minWidth: 0 }}>
          <MuiLink component={Link} to={stockPath(alert.instrument)} color="text.primary" sx={{ fontWeight: 650 }}>
            {alert.stock_symbol}
          </MuiLink>
          <Typography component="span" variant="caption" color="textSecondary" sx={{ ml: 1 }}>
            {alert.exchange}
          </Typography>
          <Typography variant="caption" color="textSecondary" component="p" noWrap>
            {alert.name}
          </Typography>
        </Box>
      </Box>
      <Box sx={{ gridColumn: { xs: own, md: "auto" }, textAlign: { xs: own === "auto" ? "right" : "left", md: "left" }, minWidth: 0 }}>
        <MuiLink component={Link} to={`/alerts/${alert.id}`} color="text.primary" className="figures" sx={{ fontWeight: 600 }}>
          {rule}
        </MuiLink>
        {alert.note !== null && (
          <Typography variant="caption" color="textSecondary" component="p" noWrap title={alert.note}>
            {alert.note}
          </Typography>
        )}
        {alert.watchlist_rule_id !== null && (
          <MuiLink component={Link} to="/alerts/watchlist-rules" variant="caption" color="textSecondary" sx={{ display: "block" }}>
            {t("bulk.ofRule")}
          </MuiLink>
        )}
        {alert.tags.length > 0 && (
          <Box sx={{ display: "flex", flexWrap: "wrap", gap: 0.5, mt: 0.5, justifyContent: { xs: own === "auto" ? "flex-end" : "flex-start", md: "flex-start" } }}>
            {alert.tags.map((tag) => (
              <Chip key={tag} size="small" variant="outlined" label={tag} />
            ))}
          </Box>
        )}
      </Box>
      <LiveCells alert={alert} />
      <Cell label={t("alerts.row.set")}>
        <Typography variant="body2" color="textSecondary" component="span">
          <Time iso={alert.armed_at} />
        </Typography>
      </Cell>
      <Box sx={{ display: "flex", justifyContent: "flex-end", gridColumn: { xs: "2", md: "auto" } }}>
        {canToggle && (
          <Tooltip title={readOnly ?? t(alert.is_active ? "alerts.row.pause" : "alerts.row.resume")}>
            <IconButton
              aria-disabled={readOnly !== null}
              aria-label={named(t(alert.is_active ? "alerts.row.pause" : "alerts.row.resume"))}
              onClick={() => readOnly === null && onToggle(alert)}
            >
              {alert.is_active ? <PauseRounded fontSize="small" /> : <PlayArrowRounded fontSize="small" />}
            </IconButton>
          </Tooltip>
        )}
        <Tooltip title={t("alerts.row.edit")}>
          <IconButton component={Link} to={toEdit(alert.id)} aria-label={named(t("alerts.row.edit"))}>
            <EditRounded fontSize="small" />
          </IconButton>
        </Tooltip>
        <Tooltip title={readOnly ?? t("alerts.row.remove")}>
          <IconButton
            aria-disabled={readOnly !== null}
            aria-label={named(t("alerts.row.remove"))}
            onClick={() => readOnly === null && onRemove(alert)}
          >
            <DeleteOutlineRounded fontSize="small" />
          </IconButton>
        </Tooltip>
      </Box>
      <Reason alert={alert} />
    </Box>
  );
}

function Cell({ label, children, right = false }: { label: string; children: ReactNode; right?: boolean }) {
  return (
    <Box sx={{ textAlign: { xs: right ? "right" : "left", md: "left" }, minWidth: 0 }}>
      <Typography variant="caption" color="textSecondary" component="p" sx={{ display: { xs: "block", md: "none" } }}>
        {label}
      </Typography>
      {children}
    </Box>
  );
}

function LiveCells({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  const quote = useQuote(alert.instrument);
  return (
    <>
      <Cell label={t("alerts.row.now")}>
        {quote === undefined ? <span>–</span> : <Now quote={quote} currency={alert.currency} />}
      </Cell>
      <Cell label={t("alerts.row.distance")} right>
        <ToGo alert={alert} quote={quote} />
      </Cell>
    </>
  );
}

function Now({ quote, currency }: { quote: Quote; currency: string }) {
  const { delayed } = useFreshness(quote);
  return <LivePrice quote={quote} currency={currency} delayed={delayed} />;
}

function ToGo({ alert, quote }: { alert: Alert; quote: Quote | undefined }) {
  const { t } = useTranslation();
  const level = levelOf(alert);
  if (quote === undefined) return <span>{t("alerts.row.waiting")}</span>;
  if (level === null) return <span>–</span>;
  const { reached, amount, percent: share } = distanceTo(level, quote.price);
  if (reached) return <span>{alert.is_active ? t("alerts.row.reached") : "–"}</span>;
  return (
    <span className="figures">
      {money(amount, alert.currency)}
      {share !== null && (
        <Box component="span" sx={{ color: "text.secondary" }}>
          {` (${percent(share).replace("+", "")})`}
        </Box>
      )}
    </span>
  );
}

/** Why the alert is where it is, when that was not the person's own doing. */
function Reason({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  const known = (reason: string): reason is keyof typeof texts.reasons => reason in texts.reasons;
  if (alert.status_reason === null || !known(alert.status_reason)) return null;
  return (
    <Typography variant="caption" sx={{ gridColumn: "1 / -1", color: "warning.main" }}>
      {t(`alerts.reasons.${alert.status_reason}`)}
    </Typography>
  );
}
