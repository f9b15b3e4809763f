import AddAlertRounded from "@mui/icons-material/AddAlertRounded";
import NotificationsActiveRounded from "@mui/icons-material/NotificationsActiveRounded";
import Box from "@mui/material/Box";
import ButtonBase from "@mui/material/ButtonBase";
import Card from "@mui/material/Card";
import MuiLink from "@mui/material/Link";
import Typography from "@mui/material/Typography";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Stock } from "@/api";
import { useFreshness, useQuote } from "@/live/hooks";
import type { Quote } from "@/live/quotes";
import { useDay } from "@/live/useDay";
import { useAlertPanelLinks } from "@/ui/alertPanel";
import { Change } from "@/ui/Change";
import { DayRange } from "@/ui/DayRange";
import { LivePrice } from "@/ui/LivePrice";
import { QuoteAge } from "@/ui/QuoteAge";
import { stockPath } from "@/ui/stockPath";
import { CardSparkline } from "./CardSparkline";
import styles from "./card.module.css";
import "@/i18n/market";

interface StockCardProps {
  stock: Stock;
  /** How many active alerts the person has on it. */
  alertCount: number;
}

export const CARD_HEIGHT = 222;

/** One watched stock: where it is, how it moved, and how old that is. The whole card leads to its page. */
export const StockCard = memo(function StockCard({ stock, alertCount }: StockCardProps) {
  return (
    <Card
      component="li"
      data-instrument={stock.instrument}
      sx={{
        position: "relative",
        display: "flex",
        flexDirection: "column",
        minHeight: CARD_HEIGHT,
        p: 2,
        transition: "border-color 120ms, box-shadow 120ms",
        "&:hover": { borderColor: "text.disabled", boxShadow: "0 6px 20px -12px rgb(16 24 40 / 0.3)" },
        "&:has(h2 a:focus-visible)": { outline: "2px solid", outlineColor: "primary.main", outlineOffset: 2 },
      }}
    >
      <Box sx={{ display: "flex", alignItems: "flex-start", justifyContent: "space-between", gap: 1 }}>
        <Box sx={{ minWidth: 0 }}>
          <Typography variant="h2" noWrap sx={{ fontSize: "1rem" }}>
            <MuiLink
              component={Link}
              to={stockPath(stock.instrument)}
              color="inherit"
              underline="none"
              sx={{
                fontWeight: 680,
                "&::after": { content: '""', position: "absolute", inset: 0 },
                "&:focus-visible": { outline: "none" },
              }}
            >
              {stock.symbol}
            </MuiLink>
          </Typography>
          <Typography variant="caption" color="textSecondary" noWrap component="p" title={stock.name}>
            {stock.exchange} · {stock.name}
          </Typography>
        </Box>
        <AlertButton stock={stock} alertCount={alertCount} />
      </Box>
      <Figures stock={stock} />
    </Card>
  );
});

function AlertButton({ stock, alertCount }: StockCardProps) {
  const { t } = useTranslation();
  const { toNew } = useAlertPanelLinks();
  const name = t("market.createAlertFor", { symbol: stock.symbol });
  return (
    <ButtonBase
      component={Link}
      to={toNew({ instrument: stock.instrument })}
      className="figures"
      aria-label={alertCount > 0 ? `${name} (${t("market.dashboard.alertCount", { count: alertCount })})` : name}
      title={name}
      sx={{
        // Above the link that covers the card.
        position: "relative",
        zIndex: 1,
        gap: 0.5,
        minWidth: 36,
        minHeight: 36,
        mt: -0.75,
        mr: -1,
        px: 1,
        borderRadius: 2,
        fontSize: "0.8125rem",
        fontWeight: 600,
        color: alertCount > 0 ? "primary.main" : "text.secondary",
        "&:hover": { bgcolor: "action.hover", color: "primary.main" },
        "@media (pointer: coarse)": { minWidth: 44, minHeight: 44, mt: -1.25 },
      }}
    >
      {alertCount > 0 ? <NotificationsActiveRounded fontSize="small" /> : <AddAlertRounded fontSize="small" />}
      {alertCount > 0 && alertCount}
    </ButtonBase>
  );
}

/** The part of the card that changes with each price: the rest of it renders once. */
function Figures({ stock }: { stock: Stock }) {
  const { t } = useTranslation();
  const quote = useQuote(stock.instrument);
  return (
    <div className={styles.body}>
      {quote === undefined ? (
        <p className={styles.nothing}>{t("market.noPrice")}</p>
      ) : (
        <>
          <Price stock={stock} quote={quote} />
          <CardSparkline stock={stock} />
          <Range stock={stock} quote={quote} />
          <div className={styles.age}>
            <QuoteAge quote={quote} exchange={stock.exchange} />
          </div>
        </>
      )}
    </div>
  );
}

interface LiveProps {
  stock: Stock;
  quote: Quote;
}

function Price({ stock, quote }: LiveProps) {
  const { delayed } = useFreshness(quote);
  return (
    <div className={styles.line}>
      <div className={styles.price}>
        <LivePrice quote={quote} currency={stock.currency} delayed={delayed} />
      </div>
      <div className={styles.change}>
        <Change price={quote.price} previousClose={quote.previousClose} currency={stock.currency} muted={delayed} />
      </div>
    </div>
  );
}

function Range({ stock, quote }: LiveProps) {
  const { low, high } = useDay(stock, quote);
  if (low === null || high === null) return null;
  return <DayRange low={low} high={high} price={quote.price} currency={stock.currency} />;
}
