import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Stock } from "@/api";
import { price as priceText } from "@/format/format";
import { useFreshness } from "@/live/hooks";
import type { Quote } from "@/live/quotes";
import { useDay } from "@/live/useDay";
import { Change } from "@/ui/Change";
import { ExchangeBadge } from "@/ui/ExchangeBadge";
import { LivePrice } from "@/ui/LivePrice";
import { PageTitle } from "@/ui/PageTitle";
import { QuoteAge } from "@/ui/QuoteAge";
import "@/i18n/market";

export function StockHeader({ stock, quote }: { stock: Stock; quote: Quote | undefined }) {
  const { t } = useTranslation();
  const { previousClose, low, high } = useDay(stock, quote);
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", justifyContent: "space-between", alignItems: "flex-end", gap: 2, mb: 2.5 }}>
      <Box sx={{ minWidth: 0 }}>
        <Box sx={{ display: "flex", alignItems: "center", gap: 1 }}>
          <PageTitle title={`${stock.symbol} ${stock.name}`}>{stock.symbol}</PageTitle>
          <ExchangeBadge exchange={stock.exchange} />
        </Box>
        <Typography color="textSecondary">{stock.name}</Typography>
        {quote === undefined ? (
          <Typography color="textSecondary" sx={{ mt: 1 }}>
            {t("market.noPriceLong")}
          </Typography>
        ) : (
          <PriceLine stock={stock} quote={quote} />
        )}
      </Box>
      <Box component="dl" className="figures" sx={{ display: "flex", gap: 3, m: 0, fontSize: "0.875rem" }}>
        <Fact name={t("market.previousClose")} value={previousClose} currency={stock.currency} />
        <Fact name={t("market.dayLow")} value={low} currency={stock.currency} />
        <Fact name={t("market.dayHigh")} value={high} currency={stock.currency} />
      </Box>
    </Box>
  );
}

function PriceLine({ stock, quote }: { stock: Stock; quote: Quote }) {
  const { delayed } = useFreshness(quote);
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "baseline", columnGap: 1.5, mt: 0.75 }}>
      <Box sx={{ fontSize: "2rem", fontWeight: 700, letterSpacing: "-0.025em", lineHeight: 1.2 }}>
        <LivePrice quote={quote} currency={stock.currency} delayed={delayed} />
      </Box>
      <Change price={quote.price} previousClose={quote.previousClose} currency={stock.currency} muted={delayed} />
      <QuoteAge quote={quote} exchange={stock.exchange} />
    </Box>
  );
}

function Fact({ name, value, currency }: { name: ReactNode; value: string | null; currency: string }) {
  return (
    <div>
      <Typography component="dt" variant="caption" color="textSecondary">
        {name}
      </Typography>
      <Box component="dd" sx={{ m: 0, fontWeight: 600 }}>
        {value === null ? "–" : priceText(value, currency)}
      </Box>
    </div>
  );
}
