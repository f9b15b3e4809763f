import SearchRounded from "@mui/icons-material/SearchRounded";
import Box from "@mui/material/Box";
import CircularProgress from "@mui/material/CircularProgress";
import Dialog from "@mui/material/Dialog";
import InputBase from "@mui/material/InputBase";
import Typography from "@mui/material/Typography";
import { useEffect, useId, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useListInstrumentsQuery } from "@/api";
import { problemOf } from "@/api/problem";
import { useProblemText } from "@/ui/problemText";
import { stockPath } from "@/ui/stockPath";
import { useDebounced } from "@/ui/useDebounced";
import "@/i18n/shell";

const SHOWN = 12;

/** Find a stock by symbol or name and go there: type, arrow keys, Enter. */
export default function SearchDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const navigate = useNavigate();
  const id = useId();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const q = useDebounced(text.trim(), 150);
  const { currentData, error, isFetching } = useListInstrumentsQuery({ q, limit: SHOWN });
  const found = currentData?.items ?? [];

  useEffect(() => setActive(0), [q]);

  function go(instrument: string) {
    onClose();
    void navigate(stockPath(instrument));
  }

  function onKeyDown(event: KeyboardEvent) {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && found.length > 0) {
      event.preventDefault();
      setActive((active + step + found.length) % found.length);
    }
    const chosen = found[active];
    if (event.key === "Enter" && chosen !== undefined) go(chosen.instrument);
  }

  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="sm" slotProps={{ paper: { "aria-label": t("shell.searchHint") } }} sx={{ "& .MuiDialog-container": { alignItems: "flex-start" } }}>
      <Box sx={{ display: "flex", alignItems: "center", gap: 1.5, px: 2.5, borderBottom: 1, borderColor: "divider" }}>
        <SearchRounded aria-hidden sx={{ color: "text.secondary" }} />
        <InputBase
          autoFocus
          fullWidth
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          placeholder={t("shell.searchPlaceholder")}
          sx={{ py: 1.25, fontSize: "1.0625rem" }}
          inputProps={{
            role: "combobox",
            "aria-label": t("shell.searchHint"),
            "aria-expanded": found.length > 0,
            "aria-controls": `${id}-list`,
            "aria-autocomplete": "list",
            "aria-activedescendant": found.length > 0 ? `${id}-${active}` : undefined,
            autoComplete: "off",
            spellCheck: false,
          }}
        />
        {isFetching && <CircularProgress size={18} aria-hidden />}
      </Box>
      <Box sx={{ minHeight: 220, maxHeight: "60vh", overflowY: "auto", py: 1 }}>
        <Box component="ul" role="listbox" id={`${id}-list`} aria-label={t("shell.searchHint")} sx={{ m: 0, p: 0, listStyle: "none" }}>
          {found.map((item, index) => (
            <Box
              component="li"
              key={item.instrument}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === active}
              onMouseEnter={() => setActive(index)}
              onClick={() => go(item.instrument)}
              sx={{ display: "flex", alignItems: "baseline", gap: 1.5, px: 2.5, py: 1.25, cursor: "pointer", bgcolor: index === active ? "action.selected" : undefined }}
            >
              <Box component="span" sx={{ fontWeight: 650, minWidth: 84 }}>
                {item.symbol}
              </Box>
              <Box component="span" sx={{ flex: 1, minWidth: 0, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
                {item.name}
              </Box>
              <Typography component="span" variant="caption" color="textSecondary">
                {item.exchange}
              </Typography>
            </Box>
          ))}
        </Box>
        <Typography role="status" variant="body2" color="textSecondary" sx={{ px: 2.5, py: found.length > 0 ? 0 : 2 }} className={found.length > 0 ? "visually-hidden" : undefined}>
          {found.length > 0 && t("shell.searchResults", { count: found.length })}
          {found.length === 0 && error !== undefined && textOf(problemOf(error))}
          {found.length === 0 && error === undefined && !isFetching && q !== "" && t("shell.searchNothing", { query: q })}
        </Typography>
      </Box>
    </Dialog>
  );
}
