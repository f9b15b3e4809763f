import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Skeleton from "@mui/material/Skeleton";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useListSignalsQuery, type Signal } from "@/api";
import { usePollingInterval } from "@/live/hooks";
import { DataState } from "@/ui/DataState";
import { SignalCard } from "./SignalCard";
import "@/i18n/signals";

const PAGE_SIZE = 25;

interface SignalListProps {
  wanted: { active?: boolean; versionId?: string; dismissed?: boolean };
  /** What stands in place of an empty list. */
  empty?: ReactNode;
  actionsOf?: (signal: Signal) => ReactNode;
}

/** Signals, page after page. */
export function SignalList(props: SignalListProps) {
  return (
    <Card>
      <Page {...props} />
    </Card>
  );
}

function Page({ cursor, ...props }: SignalListProps & { cursor?: string }) {
  const { wanted, empty, actionsOf } = props;
  const { t } = useTranslation();
  const [next, setNext] = useState<string>();
  const query = useListSignalsQuery({ ...wanted, cursor, limit: PAGE_SIZE }, { pollingInterval: usePollingInterval() });
  return (
    <>
      <DataState
        query={query}
        what={t("signals.what.list")}
        skeleton={<Skeleton variant="rounded" height={220} sx={{ m: 2 }} />}
        isEmpty={({ items }) => items.length === 0 && cursor === undefined}
        empty={empty ?? null}
      >
        {({ items }) => (
          <Box component="ul" sx={{ listStyle: "none", p: 0, m: 0 }}>
            {items.map((signal) => (
              <SignalCard key={signal.id} signal={signal} actions={actionsOf?.(signal)} />
            ))}
          </Box>
        )}
      </DataState>
      {query.data?.next_cursor != null && next === undefined && (
        <Box sx={{ p: 2 }}>
          <Button variant="outlined" onClick={() => setNext(query.data?.next_cursor ?? undefined)}>
            {t("signals.more")}
          </Button>
        </Box>
      )}
      {next !== undefined && <Page {...props} cursor={next} />}
    </>
  );
}
