import Button from "@mui/material/Button";
import Box from "@mui/material/Box";
import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import { useTranslation } from "react-i18next";
import { useListAlertTagsQuery, type AlertFilters } from "@/api";
import "@/i18n/bulk";

export const KINDS = ["threshold", "price", "expression", "signal"] as const;

interface FiltersProps {
  filters: AlertFilters;
  onChange: (filters: AlertFilters) => void;
}

/** What of one's alerts is listed. */
export function Filters({ filters, onChange }: FiltersProps) {
  const { t } = useTranslation();
  const tags = useListAlertTagsQuery().data?.items ?? [];
  // A tag that nothing has any more stays to be seen, since it is what empties the list.
  const names = [...new Set([...tags.map(({ tag }) => tag), ...(filters.tag === undefined ? [] : [filters.tag])])];
  const isFiltered = Object.values(filters).some((value) => value !== undefined);
  return (
    <Box
      role="search"
      aria-label={t("bulk.filters.label")}
      sx={{ display: "grid", gap: 1.5, mb: 2, alignItems: "center", gridTemplateColumns: { xs: "1fr 1fr", md: "minmax(180px, 1fr) 180px 180px auto" } }}
    >
      <TextField
        size="small"
        type="search"
        label={t("bulk.filters.text")}
        value={filters.text ?? ""}
        onChange={(event) => onChange({ ...filters, text: event.target.value || undefined })}
        sx={{ gridColumn: { xs: "1 / -1", md: "auto" } }}
        slotProps={{ htmlInput: { maxLength: 50 } }}
      />
      <TextField
        select
        size="small"
        label={t("bulk.filters.kind")}
        value={filters.alertType ?? "any"}
        onChange={(event) => onChange({ ...filters, alertType: KINDS.find((kind) => kind === event.target.value) })}
      >
        {(["any", ...KINDS] as const).map((kind) => (
          <MenuItem key={kind} value={kind}>
            {t(`bulk.filters.kinds.${kind}`)}
          </MenuItem>
        ))}
      </TextField>
      <TextField
        select
        size="small"
        label={t("bulk.filters.tag")}
        value={filters.tag ?? ""}
        onChange={(event) => onChange({ ...filters, tag: event.target.value || undefined })}
        slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
      >
        <MenuItem value="">{t("bulk.filters.anyTag")}</MenuItem>
        {names.map((tag) => (
          <MenuItem key={tag} value={tag}>
            {tag}
          </MenuItem>
        ))}
      </TextField>
      {isFiltered && (
        <Button onClick={() => onChange({})} sx={{ gridColumn: { xs: "1 / -1", md: "auto" } }}>
          {t("bulk.filters.clear")}
        </Button>
      )}
    </Box>
  );
}
