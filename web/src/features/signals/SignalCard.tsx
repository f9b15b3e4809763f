import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Signal } from "@/api";
import { money } from "@/format/format";
import { ExchangeBadge } from "@/ui/ExchangeBadge";
import { Time } from "@/ui/Time";
import { ratio } from "@/format/ratio";
import "@/i18n/signals";

/** One signal of a list: what it says, by which strategy, and how it stands. */
export function SignalCard({ signal, actions }: { signal: Signal; actions?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Box component="li" sx={{ p: { xs: 2, sm: 2.5 }, borderTop: 1, borderColor: "divider", "&:first-of-type": { borderTop: 0 } }}>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, alignItems: "center" }}>
        <Typography component="h2" variant="h3" sx={{ fontSize: "1.05rem" }}>
          {t(`signals.side.${signal.side}`)} {signal.symbol}
        </Typography>
        <ExchangeBadge exchange={signal.instrument.split(":")[0] ?? ""} />
        <Chip size="small" label={t(`signals.status.${signal.status}`)} color={signal.status === "active" ? "primary" : "default"} />
      </Box>
      <Typography variant="body2" color="textSecondary">
        {t("signals.by", { strategy: signal.strategy, number: signal.version_number })}, {t("signals.at")} <Time iso={signal.at} absolute />
      </Typography>
      <Prices signal={signal} />
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, mt: 1 }}>
        <Button component={Link} to={`/signals/${signal.id}`} variant="outlined" aria-label={t("signals.openOf", { symbol: signal.symbol })}>
          {t("signals.open")}
        </Button>
        {actions}
      </Box>
    </Box>
  );
}

/** Entry, stop, target, and what came of it; locked where the plan tells no more that day. */
export function Prices({ signal }: { signal: Signal }) {
  const { t } = useTranslation();
  if (signal.locked) {
    return (
      <Typography variant="body2" sx={{ my: 1 }}>
        {t("signals.locked")} <Link to="/pricing">{t("signals.upgrade")}</Link>
      </Typography>
    );
  }
  const price = (value: string | null) => (value === null ? t("signals.noLevel") : money(value, signal.currency));
  const figures: [string, string][] = [
    [signal.entry_price === null ? t("signals.entryNear") : t("signals.entry"), price(signal.entry_price ?? signal.reference_price)],
    [t("signals.stop"), price(signal.stop)],
    [t("signals.target"), price(signal.target)],
  ];
  if (signal.risk_reward !== null) figures.push([t("signals.reward"), signal.risk_reward]);
  if (signal.exit_price !== null) figures.push([t("signals.exit"), money(signal.exit_price, signal.currency)]);
  if (signal.net !== null) figures.push([t("signals.net"), ratio(signal.net)]);
  return (
    <Box component="dl" className="figures" sx={{ display: "flex", flexWrap: "wrap", columnGap: 3, rowGap: 0.5, my: 1 }}>
      {figures.map(([name, value]) => (
        <div key={name}>
          <Typography component="dt" variant="caption" color="textSecondary">
            {name}
          </Typography>
          <Typography component="dd" sx={{ m: 0, fontWeight: 600 }}>
            {value}
          </Typography>
        </div>
      ))}
    </Box>
  );
}
