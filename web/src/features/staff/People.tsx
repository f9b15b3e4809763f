import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useListUsersQuery, type AccountStatus, type Person, type Role, type Tier } from "@/api";
import { DataState } from "@/ui/DataState";
import { PersonChips } from "./PersonChips";
import { nameOf } from "./words";
import "@/i18n/staff";

export interface Wanted {
  search?: string;
  role?: Role;
  tier?: Tier;
  status?: AccountStatus;
  verified?: boolean;
}

const PAGE_SIZE = 25;

interface PeopleProps {
  wanted: Wanted;
  empty: string;
  /** What can be done with a person of the list. */
  action: (person: Person) => ReactNode;
}

/** People whom a search fits, newest first, page by page. Give it a `key` of the search, so that a new one begins anew. */
export function People({ wanted, empty, action }: PeopleProps) {
  const [cursors, setCursors] = useState<(string | undefined)[]>([undefined]);
  return (
    <Card>
      {cursors.map((cursor, index) => (
        <PeoplePage
          key={cursor ?? ""}
          wanted={wanted}
          cursor={cursor}
          empty={empty}
          action={action}
          onMore={index === cursors.length - 1 ? (next) => setCursors([...cursors, next]) : null}
        />
      ))}
    </Card>
  );
}

function PeoplePage({ wanted, cursor, empty, action, onMore }: PeopleProps & { cursor: string | undefined; onMore: ((next: string) => void) | null }) {
  const { t } = useTranslation();
  const query = useListUsersQuery({ ...wanted, limit: PAGE_SIZE, cursor });
  return (
    <DataState
      query={query}
      what={t("staff.what.users")}
      skeleton={<Skeleton variant="rounded" height={280} sx={{ m: 2.5 }} />}
      isEmpty={(page) => cursor === undefined && page.items.length === 0}
      empty={
        <Typography color="textSecondary" sx={{ p: 4, textAlign: "center" }}>
          {empty}
        </Typography>
      }
    >
      {(page) => (
        <>
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {page.items.map((person) => (
              <Row key={person.id} person={person} action={action(person)} />
            ))}
          </Box>
          {onMore !== null && page.next_cursor !== null && (
            <Button fullWidth onClick={() => onMore(page.next_cursor as string)} sx={{ borderRadius: 0 }}>
              {t("ui.more")}
            </Button>
          )}
        </>
      )}
    </DataState>
  );
}

function Row({ person, action }: { person: Person; action: ReactNode }) {
  return (
    <Box
      component="li"
      data-user-id={person.id}
      sx={{
        display: "grid",
        gridTemplateColumns: { xs: "1fr auto", md: "minmax(180px, 1.3fr) minmax(140px, 1fr) minmax(120px, 0.8fr) auto" },
        gap: { xs: 1, md: 2 },
        alignItems: "center",
        px: { xs: 2, sm: 2.5 },
        py: 1.5,
        borderTop: 1,
        borderColor: "divider",
        "&:first-of-type": { borderTop: 0 },
      }}
    >
      <Box sx={{ minWidth: 0, gridColumn: { xs: "1 / -1", md: "auto" } }}>
        <Typography sx={{ fontWeight: 650 }} noWrap>
          {nameOf(person)}
        </Typography>
        <Typography variant="caption" color="textSecondary" component="p" noWrap>
          {person.email}
        </Typography>
      </Box>
      <Typography variant="body2" color="textSecondary" noWrap sx={{ display: { xs: "none", md: "block" } }}>
        {[person.username, person.phone].filter(Boolean).join(" · ")}
      </Typography>
      <PersonChips person={person} />
      <Box sx={{ textAlign: "right" }}>{action}</Box>
    </Box>
  );
}
