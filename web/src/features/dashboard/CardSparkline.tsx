import Box from "@mui/material/Box";
import { skipToken } from "@reduxjs/toolkit/query";
import { useRef } from "react";
import { useListCandlesQuery } from "@/api";
import { compareDecimals } from "@/format/decimal";
import type { Quote } from "@/live/quotes";
import { Sparkline } from "@/ui/Sparkline";
import { useVisible } from "@/ui/useVisible";

const BARS = 48;
const WIDTH = 240;
const HEIGHT = 40;

/** The last hours as a line, asked for when the card comes into view. Without an answer the space stays empty. */
export function CardSparkline({ quote, instrument }: { quote: Quote; instrument: string }) {
  const frame = useRef<HTMLDivElement>(null);
  const visible = useVisible(frame);
  const { data } = useListCandlesQuery(visible ? { symbol: instrument, interval: "15m", limit: BARS } : skipToken);
  const step = quote.previousClose === null ? 0 : compareDecimals(quote.price, quote.previousClose);
  const closes = (data?.items ?? []).map((candle) => Number(candle.close)).reverse();
  return (
    <Box ref={frame} sx={{ width: "100%", height: HEIGHT }}>
      {closes.length > 0 && (
        <Sparkline
          values={[...closes, Number(quote.price)]}
          width={WIDTH}
          height={HEIGHT}
          direction={step > 0 ? "up" : step < 0 ? "down" : "unchanged"}
        />
      )}
    </Box>
  );
}
