import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import type { BacktestDraft } from "@/api";
import { axisOf, type Axis } from "./form";

const MOST = 3;
const STEPS = ["first", "last", "step"] as const;

/** Which numbers of the strategy vary, and over which values. */
export function Axes({ draft, axes, onChange }: { draft: BacktestDraft; axes: Axis[]; onChange: (axes: Axis[]) => void }) {
  const { t } = useTranslation();
  const taken = new Set(axes.flatMap(({ at }) => at));
  const free = draft.numbers.filter(({ at }) => !taken.has(at));

  function put(place: number, change: Partial<Axis>) {
    onChange(axes.map((axis, index) => (index === place ? { ...axis, ...change } : axis)));
  }

  function choose(place: number, at: string[]) {
    const only = at.length === 1 ? at[0] : undefined;
    if (at.length > 0) put(place, only === undefined ? { at } : axisOf(draft, only));
  }

  return (
    <Box sx={{ display: "grid", gap: 1.5 }}>
      <Typography variant="h2">{t("backtests.axes.title")}</Typography>
      <Typography variant="body2" color="textSecondary">{t("backtests.axes.intro")}</Typography>
      {axes.map((axis, place) => (
        <Box key={place} sx={{ display: "grid", gap: 1.5, gridTemplateColumns: { xs: "1fr 1fr 1fr", sm: "2fr 1fr 1fr 1fr auto" }, alignItems: "center" }}>
          <TextField
            select
            label={t("backtests.axes.number", { place: place + 1 })}
            value={axis.at}
            onChange={(event) => choose(place, event.target.value as unknown as string[])}
            slotProps={{ select: { multiple: true } }}
            sx={{ gridColumn: { xs: "1 / -1", sm: "auto" }, minWidth: 0 }}
          >
            {draft.numbers.filter(({ at }) => axis.at.includes(at) || !taken.has(at)).map(({ at, words }) => (
              <MenuItem key={at} value={at}>{words}</MenuItem>
            ))}
          </TextField>
          {STEPS.map((name) => (
            <TextField
              key={name}
              label={t(`backtests.axes.${name}`)}
              value={axis[name]}
              onChange={(event) => put(place, { [name]: event.target.value })}
              slotProps={{ htmlInput: { inputMode: "decimal", className: "figures" } }}
            />
          ))}
          <Button onClick={() => onChange(axes.filter((_, index) => index !== place))} aria-label={t("backtests.axes.removeOf", { place: place + 1 })}>{t("backtests.axes.remove")}</Button>
        </Box>
      ))}
      {axes.length < MOST && free[0] !== undefined && (
        <Box>
          <Button variant="outlined" onClick={() => free[0] !== undefined && onChange([...axes, axisOf(draft, free[0].at)])}>{t("backtests.axes.add")}</Button>
        </Box>
      )}
    </Box>
  );
}
