import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { useListCalendarEditsQuery } from "@/api";
import { DataState } from "@/ui/DataState";
import { Section } from "@/ui/Section";
import { Time } from "@/ui/Time";

const SHOWN = 20;

/** What staff changed in a calendar lately, and why. */
export function Edits({ exchange }: { exchange: string }) {
  const { t } = useTranslation();
  const query = useListCalendarEditsQuery({ exchange, limit: SHOWN });
  return (
    <Section title={t("calendar.edits")}>
      <DataState
        query={query}
        what={t("calendar.what.edits")}
        skeleton={<Skeleton variant="rounded" height={80} />}
        isEmpty={({ items }) => items.length === 0}
        empty={<Typography color="textSecondary">{t("calendar.noEdits")}</Typography>}
      >
        {({ items }) => (
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {items.map((edit) => (
              <Box component="li" key={edit.id} sx={{ py: 1, borderTop: 1, borderColor: "divider", overflowWrap: "anywhere", "&:first-of-type": { borderTop: 0 } }}>
                <Typography sx={{ fontWeight: 600 }}>{edit.day ?? t("calendar.editEnd")}</Typography>
                <Typography variant="body2">{edit.reason}</Typography>
                <Typography variant="caption" color="textSecondary">
                  <Time iso={edit.edited_at} />
                </Typography>
              </Box>
            ))}
          </Box>
        )}
      </DataState>
    </Section>
  );
}
