import { useTranslation } from "react-i18next";
import { percentOf, subtract, toE4 } from "@/format/decimal";
import { percent, signedPrice } from "@/format/format";
import styles from "./live.module.css";

interface ChangeProps {
  price: string;
  previousClose: string | null;
  currency: string;
  /** A delayed change is told without colour: it may no longer be one. */
  muted?: boolean;
}

const ARROWS = { up: "▲", down: "▼" } as const;

/** The move since the previous close: arrow, sign and colour say the same thing. */
export function Change({ price, previousClose, currency, muted = false }: ChangeProps) {
  const { t } = useTranslation();
  if (previousClose === null) return null;
  const change = subtract(price, previousClose);
  const step = toE4(change);
  const direction = step > 0n ? "up" : step < 0n ? "down" : "unchanged";
  const share = percentOf(change, previousClose);
  const colour = muted || direction === "unchanged" ? styles.muted : styles[direction];
  return (
    <span className={`figures ${styles.change} ${colour}`}>
      {direction !== "unchanged" && (
        <span aria-hidden className={styles.arrow}>
          {ARROWS[direction]}
        </span>
      )}
      <span className="visually-hidden">{t(`ui.${direction}`)} </span>
      {signedPrice(change, currency)}
      {share !== null && ` (${percent(share)})`}
    </span>
  );
}
