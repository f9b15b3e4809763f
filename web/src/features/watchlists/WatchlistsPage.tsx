import AddRounded from "@mui/icons-material/AddRounded";
import PlaylistAddRounded from "@mui/icons-material/PlaylistAddRounded";
import Box from "@mui/material/Box";
import Card from "@mui/material/Card";
import Skeleton from "@mui/material/Skeleton";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useCreateWatchlistMutation, useListWatchlistsQuery, type Watchlist } from "@/api";
import { problemOf } from "@/api/problem";
import { DataState } from "@/ui/DataState";
import { Panel } from "@/ui/Notices";
import { PageTitle } from "@/ui/PageTitle";
import { WriteButton } from "@/ui/WriteButton";
import { ListContent } from "./ListContent";
import { Lists } from "./Lists";
import { NameDialog } from "./NameDialog";
import "@/i18n/watchlists";

/** The lists of what one follows. The chosen one stands in the address. */
export default function WatchlistsPage() {
  const { t } = useTranslation();
  const query = useListWatchlistsQuery();
  const [isNaming, setNaming] = useState(false);
  const [params, setParams] = useSearchParams();
  const [create] = useCreateWatchlistMutation();
  const choose = (id: string) => setParams({ list: id }, { replace: true });

  async function make(name: string) {
    const answer = await create({ marketWatchlistCreate: { name } });
    if (answer.data === undefined) return problemOf(answer.error);
    choose(answer.data.id);
    return null;
  }

  const newButton = (
    <WriteButton variant="contained" startIcon={<AddRounded />} onClick={() => setNaming(true)}>
      {t("watchlists.create")}
    </WriteButton>
  );
  return (
    <>
      <Box sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", gap: 2, mb: 2.5 }}>
        <PageTitle title={t("watchlists.title")}>{t("watchlists.title")}</PageTitle>
        {newButton}
      </Box>
      <DataState
        query={query}
        what={t("watchlists.what.lists")}
        skeleton={<Skeleton variant="rounded" height={320} />}
        isEmpty={({ items }) => items.length === 0}
        empty={
          <Card>
            <Panel icon={<PlaylistAddRounded />} title={t("watchlists.none")}>
              {t("watchlists.noneText")}
            </Panel>
          </Card>
        }
      >
        {({ items }) => <Chosen lists={items} id={params.get("list")} onChoose={choose} />}
      </DataState>
      {isNaming && (
        <NameDialog title={t("watchlists.create")} name="" confirmLabel={t("watchlists.submit")} onConfirm={make} onClose={() => setNaming(false)} />
      )}
    </>
  );
}

function Chosen({ lists, id, onChoose }: { lists: Watchlist[]; id: string | null; onChoose: (id: string) => void }) {
  const chosen = lists.find((list) => list.id === id) ?? lists.find((list) => list.is_default) ?? lists[0];
  if (chosen === undefined) return null;
  return (
    <Box sx={{ display: "grid", gap: 3, gridTemplateColumns: { xs: "minmax(0, 1fr)", md: "15rem minmax(0, 1fr)" }, alignItems: "start" }}>
      <Lists lists={lists} chosen={chosen.id} onChoose={onChoose} />
      <ListContent key={chosen.id} list={chosen} />
    </Box>
  );
}
