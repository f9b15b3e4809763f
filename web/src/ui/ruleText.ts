import { useTranslation } from "react-i18next";
import { money } from "@/format/format";

interface Rule {
  condition: "above" | "below";
  threshold_price: string;
  currency: string;
}

/** Gives a function that says an alert's rule in a few words: "at or above $230.00". */
export function useRuleText(): (rule: Rule) => string {
  const { t } = useTranslation();
  return (rule) => t(`alerts.rule.${rule.condition}`, { price: money(rule.threshold_price, rule.currency) });
}
