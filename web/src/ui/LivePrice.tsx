import Box from "@mui/material/Box";
import { money } from "@/format/format";
import type { Quote } from "@/live/quotes";

interface LivePriceProps {
  quote: Quote;
  currency: string;
  delayed: boolean;
}

/** A price that flashes softly when it moves, and turns grey when it is late. Its size is the parent's. */
export function LivePrice({ quote, currency, delayed }: LivePriceProps) {
  const flash = quote.moved === null || delayed ? undefined : `flash-${quote.moved}`;
  return (
    <Box
      component="span"
      // A new key starts the animation anew.
      key={quote.version}
      className={`figures ${flash ?? ""}`}
      sx={{ color: delayed ? "text.secondary" : "inherit", borderRadius: 1, px: 0.5, mx: -0.5, whiteSpace: "nowrap" }}
    >
      {money(quote.price, currency)}
    </Box>
  );
}
