import { useTranslation } from "react-i18next";
import { money } from "@/format/format";
import "@/i18n/alerts";

interface Rule {
  condition: "above" | "below" | null;
  threshold_price: string | null;
  currency: string;
  /** The same in the API's words: what a rule that is no plain level is said by. */
  summary?: string;
}

/** Gives a function that says an alert's rule in a few words: "at or above $230.00". */
export function useRuleText(): (rule: Rule) => string {
  const { t } = useTranslation();
  return ({ condition, threshold_price: price, currency, summary = "" }) =>
    condition === null || price === null ? summary : t(`alerts.rule.${condition}`, { price: money(price, currency) });
}
