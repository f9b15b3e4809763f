import Box from "@mui/material/Box";
import { useTranslation } from "react-i18next";
import { positionBetween } from "@/format/decimal";
import { price as priceText } from "@/format/format";

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
    <Box className="figures" sx={{ display: "flex", alignItems: "center", gap: 1, fontSize: "0.78125rem", color: "text.secondary" }}>
      <span className="visually-hidden">{t("market.dayRange")}</span>
      <span>{priceText(low, currency)}</span>
      <Box aria-hidden sx={{ position: "relative", flex: 1, height: 4, borderRadius: 2, bgcolor: "divider", minWidth: 24 }}>
        {position !== null && (
          <Box
            sx={{
              position: "absolute",
              top: -3,
              left: `calc(${(position * 100).toFixed(1)}% - 5px)`,
              width: 10,
              height: 10,
              borderRadius: "50%",
              bgcolor: "primary.main",
              border: "2px solid",
              borderColor: "background.paper",
            }}
          />
        )}
      </Box>
      <span>{priceText(high, currency)}</span>
    </Box>
  );
}
