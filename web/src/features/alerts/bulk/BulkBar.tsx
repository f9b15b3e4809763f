import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Checkbox from "@mui/material/Checkbox";
import FormControlLabel from "@mui/material/FormControlLabel";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Alert, AlertFilters } from "@/api";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { WriteButton } from "@/ui/WriteButton";
import { TagsDialog } from "./TagsDialog";
import { UntilDialog } from "./UntilDialog";
import { useBulkActions } from "./useBulkActions";
import "@/i18n/bulk";

const MOST = 500;

interface BulkBarProps {
  status: Alert["status"];
  /** All that are listed, and those of them that are selected. */
  shown: readonly Alert[];
  selected: readonly Alert[];
  onSelect: (alerts: readonly Alert[]) => void;
  /** What the list is narrowed by, and whether it goes on behind what is listed. */
  filters: AlertFilters;
  goesOn: boolean;
}

type Asking = "delete" | "tags" | "snooze" | "extend" | null;

/** What can be done with the selected alerts; without any, only that all can be selected. */
export function BulkBar({ status, shown, selected, onSelect, filters, goesOn }: BulkBarProps) {
  const { t } = useTranslation();
  const { act, actOnAll, isActing } = useBulkActions();
  const [wantsAll, setWantsAll] = useState(false);
  const [asking, setAsking] = useState<Asking>(null);
  const count = selected.length;
  const isAll = wantsAll && count === shown.length;
  const tooMany = count > MOST && !isAll;

  async function run(order: Parameters<typeof act>[1]) {
    const { text, tag, alertType, watchlistRuleId } = filters;
    const matching = { status, text, tag, alert_type: alertType, watchlist_rule_id: watchlistRuleId };
    if (await (isAll ? actOnAll(matching, order) : act(selected, order))) {
      setAsking(null);
      select([]);
    }
  }

  function select(alerts: readonly Alert[]) {
    setWantsAll(false);
    onSelect(alerts);
  }

  const button = (label: string, onClick: () => void, color?: "error") => (
    <WriteButton size="small" color={color ?? "inherit"} disabled={isActing || tooMany} onClick={onClick}>
      {label}
    </WriteButton>
  );
  return (
    <Box
      role="toolbar"
      aria-label={t("bulk.bar")}
      sx={{
        display: "flex",
        flexWrap: "wrap",
        alignItems: "center",
        gap: 0.5,
        px: { xs: 1, sm: 1.5 },
        py: 0.5,
        minHeight: 48,
        borderBottom: 1,
        borderColor: "divider",
        // With something selected it stays in sight, under the frame's head, however far one scrolls.
        ...(count > 0 && { position: "sticky", top: 60, zIndex: 2, bgcolor: "background.paper", boxShadow: 2 }),
      }}
    >
      <FormControlLabel
        sx={{ mr: 1 }}
        control={
          <Checkbox
            size="small"
            checked={count > 0 && count === shown.length}
            indeterminate={count > 0 && count < shown.length}
            onChange={(_, on) => select(on ? shown : [])}
          />
        }
        label={<Typography variant="body2">{count === 0 ? t("bulk.selectAll") : isAll ? t("bulk.allSelected") : t("bulk.selected", { count })}</Typography>}
      />
      {count > 0 && (
        <>
          {status === "active" && button(t("bulk.pause"), () => void run({ action: "pause" }))}
          {status !== "active" && button(t("bulk.resume"), () => void run({ action: "resume" }))}
          {button(t("bulk.tag"), () => setAsking("tags"))}
          {status === "active" && button(t("bulk.snooze"), () => setAsking("snooze"))}
          {button(t("bulk.extend"), () => setAsking("extend"))}
          {button(t("bulk.delete"), () => setAsking("delete"), "error")}
          {tooMany && (
            <Typography variant="caption" color="error" role="alert">
              {t("bulk.tooMany")}
            </Typography>
          )}
          {goesOn && count === shown.length && !isAll && (
            <Button size="small" onClick={() => setWantsAll(true)}>
              {t("bulk.selectMatching")}
            </Button>
          )}
          <Button size="small" color="inherit" onClick={() => select([])} sx={{ ml: { sm: "auto" } }}>
            {t("bulk.clear")}
          </Button>
        </>
      )}
      <ConfirmDialog
        open={asking === "delete"}
        title={isAll ? t("bulk.confirm.titleAll") : t("bulk.confirm.title", { count })}
        consequence={t("bulk.confirm.text")}
        confirmLabel={t("bulk.confirm.label")}
        busy={isActing}
        onConfirm={() => void run({ action: "delete" })}
        onClose={() => setAsking(null)}
      />
      {asking === "tags" && <TagsDialog title={isAll ? t("bulk.tags.titleAll") : t("bulk.tags.title", { count })} busy={isActing} onRun={(action, tags) => void run({ action, tags })} onClose={() => setAsking(null)} />}
      {(asking === "snooze" || asking === "extend") && (
        <UntilDialog action={asking} busy={isActing} onRun={(until) => void run({ action: asking, until })} onClose={() => setAsking(null)} />
      )}
    </Box>
  );
}
