import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { distanceTo } from "@/format/distance";
import { money, percent } from "@/format/format";
import { useFreshness, useQuote } from "@/live/hooks";
import type { Quote } from "@/live/quotes";
import { useRuleText } from "@/ui/ruleText";
import type { Choice } from "@/ui/StockField";
import "@/i18n/alerts";
import "@/i18n/market";

interface RulePreviewProps {
  stock: Choice | null;
  condition: "above" | "below";
  /** The level as a decimal string; null while what is typed is none. */
  price: string | null;
}

/** The rule as a plain sentence, and what it would do right now. */
export function RulePreview({ stock, condition, price }: RulePreviewProps) {
  const { t } = useTranslation();
  const ruleText = useRuleText();
  const sentence =
    stock === null || price === null
      ? t("alerts.form.sentenceStart")
      : t("alerts.form.sentence", {
          symbol: stock.symbol,
          exchange: stock.exchange,
          rule: ruleText({ condition, threshold_price: price, currency: stock.currency }),
        });
  return (
    <Box sx={{ p: 2, borderRadius: 2.5, bgcolor: "action.hover" }}>
      <Typography sx={{ fontWeight: 600 }} className="figures" aria-live="polite">
        {sentence}
      </Typography>
      {stock !== null && <Now stock={stock} condition={condition} price={price} />}
    </Box>
  );
}

function Now({ stock, condition, price }: { stock: Choice } & Omit<RulePreviewProps, "stock">) {
  const { t } = useTranslation();
  const quote = useQuote(stock.instrument);
  if (quote === undefined) {
    return (
      <Typography variant="body2" color="textSecondary" sx={{ mt: 0.5 }}>
        {t("market.noPriceLong")}
      </Typography>
    );
  }
  const distance = price === null ? null : distanceTo({ condition, threshold_price: price }, quote.price);
  return (
    <>
      <Typography variant="body2" color="textSecondary" className="figures" sx={{ mt: 0.5 }}>
        {t("alerts.form.now", { price: money(quote.price, stock.currency) })}
        {distance !== null && !distance.reached && distance.percent !== null && (
          <>
            {" · "}
            {t("alerts.form.distance", { amount: money(distance.amount, stock.currency), percent: percent(distance.percent).replace("+", "") })}
          </>
        )}
      </Typography>
      {distance?.reached === true && <AlreadyTrue stock={stock} quote={quote} />}
    </>
  );
}

function AlreadyTrue({ stock, quote }: { stock: Choice; quote: Quote }) {
  const { t } = useTranslation();
  const { delayed } = useFreshness(quote);
  const price = money(quote.price, stock.currency);
  return (
    <Alert severity="warning" sx={{ mt: 1.5 }} role="status">
      {delayed ? t("alerts.form.alreadyDelayed", { price }) : t("alerts.form.already", { symbol: stock.symbol, price })}
    </Alert>
  );
}
