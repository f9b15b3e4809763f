import Box from "@mui/material/Box";
import Chip from "@mui/material/Chip";
import { useTranslation } from "react-i18next";
import { fromE4, toE4 } from "@/format/decimal";
import { useKnownQuote } from "@/live/hooks";
import "@/i18n/alerts";

interface QuickLevelsProps {
  instrument: string;
  condition: "above" | "below";
  onChoose: (level: string) => void;
}

const STEPS = [1n, 2n, 5n, 10n] as const;
const CENT_E4 = 100n;

/** Levels at round distances from the last price, to the cent. */
export function QuickLevels({ instrument, condition, onChoose }: QuickLevelsProps) {
  const { t } = useTranslation();
  const quote = useKnownQuote(instrument);
  if (quote === undefined) return null;
  const last = toE4(quote.price);
  const sign = condition === "above" ? 1n : -1n;
  return (
    <Box role="group" aria-label={t("alerts.form.quick")} sx={{ display: "flex", flexWrap: "wrap", gap: 1, mt: 1 }}>
      {STEPS.map((step) => {
        const level = ((last * (100n + sign * step)) / 100n / CENT_E4) * CENT_E4;
        return (
          <Chip
            key={step}
            clickable
            variant="outlined"
            className="figures"
            label={`${condition === "above" ? "+" : "\u2212"}${step}%`}
            onClick={() => onChoose(fromE4(level))}
            sx={{ "@media (pointer: coarse)": { height: 44 } }}
          />
        );
      })}
    </Box>
  );
}
