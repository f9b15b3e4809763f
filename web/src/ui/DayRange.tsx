import { useTranslation } from "react-i18next";
import { positionBetween } from "@/format/decimal";
import { price as priceText } from "@/format/format";
import styles from "./live.module.css";
import "@/i18n/market";

interface DayRangeProps {
  low: string;
  high: string;
  price: string;
  currency: string;
}

/** Where the price stands between the day's low and high. */
export function DayRange({ low, high, price, currency }: DayRangeProps) {
  const { t } = useTranslation();
  const position = positionBetween(price, low, high);
  return (
    <div className={`figures ${styles.range}`}>
      <span className="visually-hidden">{t("market.dayRange")}</span>
      <span>{priceText(low, currency)}</span>
      <span aria-hidden className={styles.track}>
        {position !== null && <span className={styles.marker} style={{ left: `${(position * 100).toFixed(1)}%` }} />}
      </span>
      <span>{priceText(high, currency)}</span>
    </div>
  );
}
