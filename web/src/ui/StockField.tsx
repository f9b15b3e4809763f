import Autocomplete from "@mui/material/Autocomplete";
import Box from "@mui/material/Box";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useListInstrumentsQuery } from "@/api";
import { useDebounced } from "@/ui/useDebounced";
import "@/i18n/alerts";
import "@/i18n/market";

export interface Choice {
  instrument: string;
  symbol: string;
  name: string;
  exchange: string;
  currency: string;
}

interface StockFieldProps {
  value: Choice | null;
  onChange: (choice: Choice | null) => void;
  error?: string;
  label?: string;
}

/** Choose a stock by typing its symbol or name. */
export function StockField({ value, onChange, error, label }: StockFieldProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  // What stands in the field once a stock is chosen is its label, not a question.
  const question = value !== null && text === labelOf(value) ? "" : text.trim();
  const { currentData, isFetching } = useListInstrumentsQuery({ q: useDebounced(question, 150), limit: 20 });
  return (
    <Autocomplete<Choice>
      options={currentData?.items ?? []}
      value={value}
      onChange={(_, choice) => onChange(choice)}
      onInputChange={(_, input) => setText(input)}
      // The API has done the search.
      filterOptions={(options) => options}
      getOptionLabel={labelOf}
      isOptionEqualToValue={(option, chosen) => option.instrument === chosen.instrument}
      loading={isFetching}
      loadingText={t("ui.loading", { what: t("market.what.stocks") })}
      noOptionsText={t("alerts.form.stockNothing")}
      autoHighlight
      renderOption={({ key, ...props }, option) => (
        <Box component="li" key={key} {...props} sx={{ display: "flex", gap: 1.5, alignItems: "baseline !important" }}>
          <Box component="span" sx={{ fontWeight: 650, minWidth: 84 }}>
            {option.symbol}
          </Box>
          <Box component="span" sx={{ flex: 1, minWidth: 0 }}>
            {option.name}
          </Box>
          <Typography component="span" variant="caption" color="textSecondary">
            {option.exchange}
          </Typography>
        </Box>
      )}
      renderInput={(params) => (
        <TextField
          {...params}
          label={label ?? t("alerts.form.stock")}
          placeholder={t("alerts.form.stockHint")}
          error={error !== undefined}
          helperText={error}
        />
      )}
    />
  );
}

function labelOf(choice: Choice): string {
  return `${choice.symbol} · ${choice.name}`;
}
