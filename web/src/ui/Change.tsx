import Box from "@mui/material/Box";
import { useTranslation } from "react-i18next";
import { percentOf, subtract, toE4 } from "@/format/decimal";
import { percent, signedPrice } from "@/format/format";

interface ChangeProps {
  price: string;
  previousClose: string | null;
  currency: string;
  /** A delayed change is told without colour: it may no longer be one. */
  muted?: boolean;
  percentOnly?: boolean;
}

const ARROWS = { up: "▲", down: "▼", unchanged: "" } as const;

/** The move since the previous close: arrow, sign and colour say the same thing. */
export function Change({ price, previousClose, currency, muted = false, percentOnly = false }: ChangeProps) {
  const { t } = useTranslation();
  if (previousClose === null) return null;
  const change = subtract(price, previousClose);
  const step = toE4(change);
  const direction = step > 0n ? "up" : step < 0n ? "down" : "unchanged";
  const share = percentOf(change, previousClose);
  const colour = muted || direction === "unchanged" ? "text.secondary" : `var(--${direction})`;
  return (
    <Box component="span" className="figures" sx={{ color: colour, fontWeight: 600, whiteSpace: "nowrap" }}>
      {direction !== "unchanged" && (
        <Box component="span" aria-hidden sx={{ fontSize: "0.7em", mr: 0.5, verticalAlign: "0.1em" }}>
          {ARROWS[direction]}
        </Box>
      )}
      <span className="visually-hidden">{t(`ui.${direction}`)} </span>
      {!percentOnly && `${signedPrice(change, currency)} `}
      {share !== null && (percentOnly ? percent(share) : `(${percent(share)})`)}
    </Box>
  );
}
