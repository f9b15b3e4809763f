import Box from "@mui/material/Box";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import Stack from "@mui/material/Stack";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { useShowTrackRecordQuery } from "@/api";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import { TrackRecord } from "@/ui/TrackRecord";
import { SignalList } from "./SignalList";
import "@/i18n/signals";

/** The track record of a version, and every signal of it. */
export default function RecordPage() {
  const { t } = useTranslation();
  const versionId = useParams().versionId ?? "";
  const query = useShowTrackRecordQuery({ versionId });
  return (
    <Box sx={{ maxWidth: 860, mx: "auto" }}>
      <MuiLink component={Link} to="/signals">
        {t("signals.back")}
      </MuiLink>
      <DataState query={query} what={t("signals.what.record")} skeleton={<Skeleton variant="rounded" height={320} />}>
        {(record) => {
          const title = t("signals.recordOf", { strategy: record.strategy, number: record.version_number });
          return (
            <>
              <PageTitle title={title}>{title}</PageTitle>
              <Stack sx={{ gap: 2.5, mt: 2 }}>
                <TrackRecord record={record} />
                <SignalList wanted={{ versionId, dismissed: true }} />
              </Stack>
            </>
          );
        }}
      </DataState>
    </Box>
  );
}
