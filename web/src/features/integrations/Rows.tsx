import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";
import { DataState, type Region } from "@/ui/DataState";

interface RowsProps<Item> {
  query: Region<{ items: Item[] }>;
  /** Completes "We could not load …". */
  what: string;
  /** What stands there before there is any. */
  empty: string;
  /** A `Row` with a key. */
  children: (item: Item) => ReactNode;
}

/** The list of a section: its keys or apps, in each state of its query. */
export function Rows<Item>({ query, what, empty, children }: RowsProps<Item>) {
  return (
    <DataState
      query={query}
      what={what}
      skeleton={<Skeleton variant="rounded" height={84} />}
      isEmpty={(page) => page.items.length === 0}
      empty={<Typography color="textSecondary">{empty}</Typography>}
    >
      {(page) => (
        <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
          {page.items.map(children)}
        </Box>
      )}
    </DataState>
  );
}
