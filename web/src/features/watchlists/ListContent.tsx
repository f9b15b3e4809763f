import PlaylistAddRounded from "@mui/icons-material/PlaylistAddRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Chip from "@mui/material/Chip";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import {
  useAddToWatchlistMutation,
  useChangeWatchlistMutation,
  useDeleteWatchlistMutation,
  useFillWatchlistMutation,
  useListWatchlistStocksQuery,
  useTakeOutOfWatchlistMutation,
  type Stock,
  type Watchlist,
} from "@/api";
import { problemOf } from "@/api/problem";
import { StockField } from "@/ui/StockField";
import { usePollingInterval } from "@/live/hooks";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { DataState } from "@/ui/DataState";
import { Panel } from "@/ui/Notices";
import { useProblemText } from "@/ui/problemText";
import { useReadOnly } from "@/ui/readOnly";
import { toastInfo, toastProblem, toastSuccess } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import { NameDialog } from "./NameDialog";
import { movedUp } from "./order";
import { StockRow } from "./StockRow";

/** One list: its stocks with live prices, in order, and what one may do with it. */
export function ListContent({ list }: { list: Watchlist }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const readOnly = useReadOnly() !== null;
  const id = useId();
  const query = useListWatchlistStocksQuery({ watchlistId: list.id }, { pollingInterval: usePollingInterval() });
  const [add] = useAddToWatchlistMutation();
  const [fill, filling] = useFillWatchlistMutation();
  const [takeOut] = useTakeOutOfWatchlistMutation();

  function told(answer: { error?: unknown }): boolean {
    if (answer.error === undefined) return true;
    const problem = problemOf(answer.error);
    toastProblem(problem.code === "conflict" ? problem.detail : textOf(problem), problem);
    return false;
  }

  async function addStock(instrument: string, symbol: string) {
    const answer = await add({ watchlistId: list.id, marketWatchlistContent: { instruments: [instrument] } });
    if (told(answer)) toastSuccess(t("watchlists.added", { symbol, name: list.name }));
  }

  async function put(instruments: string[]) {
    told(await fill({ watchlistId: list.id, marketWatchlistContent: { instruments } }));
  }

  async function remove(stock: Stock) {
    const before = list.instruments;
    const answer = await takeOut({ watchlistId: list.id, symbol: stock.instrument });
    if (!told(answer)) return;
    toastInfo(t("watchlists.takenOut", { symbol: stock.symbol }), { action: { label: t("watchlists.undo"), onClick: () => void put(before) } });
  }

  return (
    <Card component="section" aria-labelledby={id} sx={{ p: { xs: 2, sm: 3 } }}>
      <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1, mb: 2 }}>
        <Typography id={id} variant="h2" sx={{ overflowWrap: "anywhere", mr: 1 }}>
          {list.name}
        </Typography>
        {list.is_default && <Chip size="small" variant="outlined" label={t("watchlists.isDefault")} />}
        <Box sx={{ flex: 1 }} />
        <ListActions list={list} />
      </Box>
      {!readOnly && (
        <Box sx={{ mb: 2 }}>
          <StockField
            // A new field for the next stock.
            key={list.instruments.length}
            value={null}
            label={t("watchlists.add")}
            onChange={(choice) => choice !== null && void addStock(choice.instrument, choice.symbol)}
          />
        </Box>
      )}
      <DataState
        query={query}
        what={t("watchlists.what.stocks")}
        skeleton={<Skeleton variant="rounded" height={200} />}
        isEmpty={(stocks) => stocks.length === 0}
        empty={
          <Panel icon={<PlaylistAddRounded />} title={t("watchlists.empty")}>
            {t("watchlists.emptyText")}
          </Panel>
        }
      >
        {(stocks) => (
          <Box component="ol" aria-label={t("watchlists.content", { name: list.name })} sx={{ listStyle: "none", m: 0, p: 0 }}>
            {stocks.map((stock, index) => (
              <StockRow
                key={stock.instrument}
                stock={stock}
                isFirst={index === 0}
                isLast={index === stocks.length - 1}
                isBusy={filling.isLoading || readOnly}
                onUp={() => void put(movedUp(stocks.map((each) => each.instrument), index))}
                onDown={() => void put(movedUp(stocks.map((each) => each.instrument), index + 1))}
                onTakeOut={() => void remove(stock)}
              />
            ))}
          </Box>
        )}
      </DataState>
    </Card>
  );
}

function ListActions({ list }: { list: Watchlist }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [dialog, setDialog] = useState<"rename" | "delete" | null>(null);
  const [change] = useChangeWatchlistMutation();
  const [remove, removing] = useDeleteWatchlistMutation();
  const { id, name } = list;
  const close = () => setDialog(null);

  async function rename(to: string) {
    const answer = await change({ watchlistId: id, marketWatchlistChange: { name: to } });
    return answer.error === undefined ? null : problemOf(answer.error);
  }

  async function makeDefault() {
    const answer = await change({ watchlistId: id, marketWatchlistChange: { is_default: true } });
    if (answer.error === undefined) toastSuccess(t("watchlists.madeDefault", { name }));
    else toastProblem(textOf(problemOf(answer.error)), problemOf(answer.error));
  }

  async function confirmDelete() {
    const answer = await remove({ watchlistId: id });
    close();
    if (answer.error === undefined) toastSuccess(t("watchlists.removed", { name }));
    else toastProblem(textOf(problemOf(answer.error)), problemOf(answer.error));
  }

  return (
    <>
      <Button size="small" variant="outlined" component={Link} to={`/alerts/new?kind=rule&watchlist=${id}`}>
        {t("watchlists.alertForAll")}
      </Button>
      {!list.is_default && (
        <WriteButton size="small" variant="outlined" onClick={() => void makeDefault()}>
          {t("watchlists.makeDefault")}
        </WriteButton>
      )}
      <WriteButton size="small" variant="outlined" onClick={() => setDialog("rename")}>
        {t("watchlists.rename")}
      </WriteButton>
      <WriteButton size="small" variant="outlined" onClick={() => setDialog("delete")}>
        {t("watchlists.remove")}
      </WriteButton>
      {dialog === "rename" && (
        <NameDialog title={t("watchlists.renameTitle", { name })} name={name} confirmLabel={t("watchlists.save")} onConfirm={rename} onClose={close} />
      )}
      <ConfirmDialog
        open={dialog === "delete"}
        title={t("watchlists.removeTitle", { name })}
        consequence={t("watchlists.removeText")}
        confirmLabel={t("watchlists.remove")}
        busy={removing.isLoading}
        onConfirm={() => void confirmDelete()}
        onClose={close}
      />
    </>
  );
}
