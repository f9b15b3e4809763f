import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import type { Watchlist } from "@/api";
import "@/i18n/watchlists";

const ALL = "all";

/** The watchlist that the dashboard shows: the one in the address, else the default one; null for all stocks. */
export function useChosenList(lists: Watchlist[]) {
  const [params, setParams] = useSearchParams();
  const id = params.get("list");
  const named = lists.find((list) => list.id === id) ?? lists.find((list) => list.is_default) ?? null;
  return {
    chosen: id === ALL ? null : named,
    choose: (to: string) => setParams({ list: to }, { replace: true }),
  };
}

interface ListChoiceProps {
  lists: Watchlist[];
  chosen: Watchlist | null;
  onChoose: (id: string) => void;
}

/** Whose cards are shown: one's lists, or all stocks that are watched. */
export function ListChoice({ lists, chosen, onChoose }: ListChoiceProps) {
  const { t } = useTranslation();
  return (
    <Box sx={{ display: "flex", alignItems: "center", gap: 1, mb: 2 }}>
      <TextField select size="small" label={t("watchlists.show")} value={chosen?.id ?? ALL} onChange={(event) => onChoose(event.target.value)} sx={{ minWidth: 180, maxWidth: "100%" }}>
        {lists.map((list) => (
          <MenuItem key={list.id} value={list.id}>
            {list.name}
          </MenuItem>
        ))}
        <MenuItem value={ALL}>{t("watchlists.all")}</MenuItem>
      </TextField>
      <Button component={Link} to={chosen === null ? "/watchlists" : `/watchlists?list=${chosen.id}`} size="small">
        {t("watchlists.manage")}
      </Button>
    </Box>
  );
}
