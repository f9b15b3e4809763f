import ArrowDownwardRounded from "@mui/icons-material/ArrowDownwardRounded";
import ArrowUpwardRounded from "@mui/icons-material/ArrowUpwardRounded";
import CloseRounded from "@mui/icons-material/CloseRounded";
import Box from "@mui/material/Box";
import IconButton from "@mui/material/IconButton";
import MuiLink from "@mui/material/Link";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Stock } from "@/api";
import { useFreshness, useQuote } from "@/live/hooks";
import type { Quote } from "@/live/quotes";
import { Change } from "@/ui/Change";
import { ExchangeBadge } from "@/ui/ExchangeBadge";
import { LivePrice } from "@/ui/LivePrice";
import { QuoteAge } from "@/ui/QuoteAge";
import { stockPath } from "@/ui/stockPath";
import "@/i18n/market";

interface StockRowProps {
  stock: Stock;
  isFirst: boolean;
  isLast: boolean;
  isBusy: boolean;
  onUp: () => void;
  onDown: () => void;
  onTakeOut: () => void;
}

/** One stock of a list: where it is now, and its place in the list. */
export function StockRow({ stock, isFirst, isLast, isBusy, onUp, onDown, onTakeOut }: StockRowProps) {
  const { t } = useTranslation();
  const { symbol } = stock;
  return (
    <Box
      component="li"
      data-instrument={stock.instrument}
      sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1, py: 1, borderTop: 1, borderColor: "divider", "&:first-of-type": { borderTop: 0 } }}
    >
      <Box sx={{ flex: "1 1 150px", minWidth: 0 }}>
        <Box sx={{ display: "flex", alignItems: "center", gap: 1 }}>
          <MuiLink component={Link} to={stockPath(stock.instrument)} color="inherit" underline="hover" sx={{ fontWeight: 680 }}>
            {symbol}
          </MuiLink>
          <ExchangeBadge exchange={stock.exchange} />
        </Box>
        <Typography variant="caption" color="textSecondary" noWrap component="p">
          {stock.name}
        </Typography>
      </Box>
      <Figures stock={stock} />
      <Box sx={{ display: "flex", ml: "auto" }}>
        <IconButton aria-label={t("watchlists.up", { symbol })} disabled={isFirst || isBusy} onClick={onUp}>
          <ArrowUpwardRounded fontSize="small" />
        </IconButton>
        <IconButton aria-label={t("watchlists.down", { symbol })} disabled={isLast || isBusy} onClick={onDown}>
          <ArrowDownwardRounded fontSize="small" />
        </IconButton>
        <IconButton aria-label={t("watchlists.takeOut", { symbol })} disabled={isBusy} onClick={onTakeOut}>
          <CloseRounded fontSize="small" />
        </IconButton>
      </Box>
    </Box>
  );
}

/** The part that changes with each price. */
function Figures({ stock }: { stock: Stock }) {
  const { t } = useTranslation();
  const quote = useQuote(stock.instrument);
  return (
    <Box sx={{ textAlign: "right", minWidth: 130 }}>
      {quote === undefined ? (
        <Typography variant="body2" color="textSecondary">
          {t("market.noPrice")}
        </Typography>
      ) : (
        <Price stock={stock} quote={quote} />
      )}
    </Box>
  );
}

function Price({ stock, quote }: { stock: Stock; quote: Quote }) {
  const { delayed } = useFreshness(quote);
  return (
    <>
      <Box sx={{ fontWeight: 650 }}>
        <LivePrice quote={quote} currency={stock.currency} delayed={delayed} />
      </Box>
      <Box sx={{ fontSize: "0.8125rem" }}>
        <Change price={quote.price} previousClose={quote.previousClose} currency={stock.currency} muted={delayed} />
      </Box>
      <Box sx={{ fontSize: "0.75rem" }}>
        <QuoteAge quote={quote} exchange={stock.exchange} />
      </Box>
    </>
  );
}
