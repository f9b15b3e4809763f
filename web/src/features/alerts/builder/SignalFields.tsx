import { useTranslation } from "react-i18next";
import { useListStrategiesQuery } from "@/api";
import type { Problem } from "@/api/problem";
import { Choose } from "@/ui/Choose";
import TextField from "@mui/material/TextField";
import MenuItem from "@mui/material/MenuItem";
import { refusedIn } from "./fields";
import { SIDES, type RuleFields } from "./rule";

const MOST = 100;

interface SignalFieldsProps {
  fields: RuleFields;
  put: (more: Partial<RuleFields>) => void;
  problem: Problem | null;
}

/** Which signals an alert waits for. */
export default function SignalFields({ fields, put, problem }: SignalFieldsProps) {
  const { t } = useTranslation();
  const { data } = useListStrategiesQuery({ limit: MOST });
  const strategies = data?.items ?? [];
  // One that was saved with it stays to be seen, though it is not among the newest, or no more.
  const isListed = fields.strategy === "" || strategies.some((strategy) => strategy.id === fields.strategy);
  const refused = refusedIn(problem, "signal/strategy_id");
  return (
    <>
      <TextField
        select
        label={t("conditions.signal.strategy")}
        value={fields.strategy}
        onChange={(event) => put({ strategy: event.target.value })}
        error={refused !== null}
        helperText={refused ?? t("conditions.signal.hint")}
        slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
      >
        <MenuItem value="">{t("conditions.signal.any")}</MenuItem>
        {!isListed && <MenuItem value={fields.strategy}>{fields.strategyName}</MenuItem>}
        {strategies.map((strategy) => (
          <MenuItem key={strategy.id} value={strategy.id}>
            {strategy.name}
          </MenuItem>
        ))}
      </TextField>
      <Choose label={t("conditions.signal.side")} value={fields.side} options={SIDES} nameOf={(name) => t(`conditions.signal.sides.${name}`)} onChange={(side) => put({ side: side as RuleFields["side"] })} />
    </>
  );
}
