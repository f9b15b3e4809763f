import Box from "@mui/material/Box";
import Stack from "@mui/material/Stack";
import TextField from "@mui/material/TextField";
import ToggleButton from "@mui/material/ToggleButton";
import ToggleButtonGroup from "@mui/material/ToggleButtonGroup";
import Typography from "@mui/material/Typography";
import { useId } from "react";
import { Controller, useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { messageFor, type Problem } from "@/api/problem";
import { priceFromInput } from "@/format/decimal";
import { WriteButton } from "@/ui/WriteButton";
import { QuickLevels } from "./QuickLevels";
import { Refusal } from "@/ui/Refusal";
import { RulePreview } from "./RulePreview";
import { StockField, type Choice } from "@/ui/StockField";
import "@/i18n/alerts";

export interface AlertFields {
  stock: Choice | null;
  condition: "above" | "below";
  price: string;
  note: string;
}

interface AlertFormProps {
  initial: AlertFields;
  /** An existing alert keeps its stock. */
  fixedStock?: boolean;
  submitLabel: string;
  /** Sends the rule; the price is a decimal string by then. Answers what was refused, or null. */
  onSubmit: (rule: { stock: Choice; condition: "above" | "below"; price: string; note: string | null }) => Promise<Problem | null>;
  problem: Problem | null;
}

const LONGEST_NOTE = 200;
const FIELD_OF = { stock_symbol: "stock", condition: "condition", threshold_price: "price", note: "note" } as const;

/** The fields of an alert, for creating and editing. */
export function AlertForm({ initial, fixedStock = false, submitLabel, onSubmit, problem }: AlertFormProps) {
  const { t } = useTranslation();
  const id = useId();
  const { control, register, handleSubmit, watch, setValue, setError, formState } = useForm<AlertFields>({ defaultValues: initial });
  const { errors, isSubmitting } = formState;
  const [stock, condition, price] = watch(["stock", "condition", "price"]);

  async function submit(fields: AlertFields) {
    const level = priceFromInput(fields.price);
    if (fields.stock === null || level === null) return;
    const refused = await onSubmit({ stock: fields.stock, condition: fields.condition, price: level, note: fields.note.trim() || null });
    if (refused === null) return;
    for (const [member, field] of Object.entries(FIELD_OF)) {
      const message = messageFor(refused, member);
      if (message !== null) setError(field, { message }, { shouldFocus: true });
    }
  }

  return (
    <Stack component="form" noValidate onSubmit={(event) => void handleSubmit(submit)(event)} sx={{ gap: 2.5 }}>
      <RulePreview stock={stock} condition={condition} price={priceFromInput(price)} />
      {problem !== null && <Refusal problem={problem} />}
      {fixedStock ? null : (
        <Controller
          control={control}
          name="stock"
          rules={{ validate: (value) => value !== null || t("alerts.form.stockNeeded") }}
          render={({ field, fieldState }) => <StockField value={field.value} onChange={field.onChange} error={fieldState.error?.message} />}
        />
      )}
      <Box>
        <Typography id={`${id}-condition`} variant="body2" sx={{ fontWeight: 600, mb: 0.75 }}>
          {t("alerts.form.condition")}
        </Typography>
        <Controller
          control={control}
          name="condition"
          render={({ field }) => (
            <ToggleButtonGroup
              exclusive
              fullWidth
              color="primary"
              aria-labelledby={`${id}-condition`}
              value={field.value}
              onChange={(_, value: AlertFields["condition"] | null) => value !== null && field.onChange(value)}
            >
              <ToggleButton value="above" sx={{ minHeight: 44 }}>
                {t("alerts.form.above")}
              </ToggleButton>
              <ToggleButton value="below" sx={{ minHeight: 44 }}>
                {t("alerts.form.below")}
              </ToggleButton>
            </ToggleButtonGroup>
          )}
        />
      </Box>
      <Box>
        <TextField
          label={stock === null ? t("alerts.form.price") : t("alerts.form.priceIn", { currency: stock.currency })}
          error={errors.price !== undefined}
          helperText={errors.price?.message}
          slotProps={{
            htmlInput: { inputMode: "decimal", autoComplete: "off", className: "figures" },
            inputLabel: { shrink: price !== "" || undefined },
          }}
          {...register("price", { validate: (value) => priceFromInput(value) !== null || t("alerts.form.priceNeeded") })}
        />
        {stock !== null && (
          <QuickLevels
            instrument={stock.instrument}
            condition={condition}
            onChoose={(level) => setValue("price", level, { shouldValidate: true, shouldDirty: true })}
          />
        )}
      </Box>
      <TextField
        label={`${t("alerts.form.note")} (${t("ui.optional")})`}
        multiline
        maxRows={4}
        error={errors.note !== undefined}
        helperText={errors.note?.message ?? t("alerts.form.noteHint")}
        slotProps={{ htmlInput: { maxLength: LONGEST_NOTE } }}
        {...register("note")}
      />
      <WriteButton type="submit" variant="contained" size="large" loading={isSubmitting}>
        {submitLabel}
      </WriteButton>
    </Stack>
  );
}
