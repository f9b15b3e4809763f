import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useBeginExportMutation, useLazyFetchExportQuery, useShowExportQuery } from "@/api";
import { problemOf } from "@/api/problem";
import { dateTime } from "@/format/time";
import { usePreferences } from "@/preferences/hooks";
import { DataState } from "@/ui/DataState";
import { useProblemText } from "@/ui/problemText";
import { toastProblem } from "@/ui/toasts";
import "@/i18n/profile";

const ASK_AGAIN_MS = 3_000;

/** Have a file made of all that is kept, see how far it is, fetch it. */
export function ExportData() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const { zone } = usePreferences();
  const [waits, setWaits] = useState(false);
  const query = useShowExportQuery(undefined, { pollingInterval: waits ? ASK_AGAIN_MS : 0 });
  const [begin, beginning] = useBeginExportMutation();
  const [fetchFile, fetching] = useLazyFetchExportQuery();
  const isPreparing = query.data?.state === "preparing";
  if (isPreparing !== waits) setWaits(isPreparing);

  async function ask() {
    const answer = await begin();
    if (answer.error !== undefined) toastProblem(textOf(problemOf(answer.error)), problemOf(answer.error));
  }

  async function save() {
    const answer = await fetchFile();
    if (answer.error !== undefined) {
      toastProblem(textOf(problemOf(answer.error)), problemOf(answer.error));
      return;
    }
    const file = new Blob([JSON.stringify(answer.data, null, 2)], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = "sharewise-data.json";
    link.click();
    URL.revokeObjectURL(link.href);
  }

  return (
    <DataState query={query} what={t("profile.data.what.export")} skeleton={<Skeleton variant="rounded" height={96} />}>
      {(state) => (
        <Box sx={{ display: "grid", gap: 2, justifyItems: "start" }}>
          <Typography>{t("profile.data.exportText")}</Typography>
          {state.state === "preparing" && (
            <Alert severity="info" role="status" sx={{ width: "100%" }}>
              {t("profile.data.preparing")}
            </Alert>
          )}
          {state.state === "ready" && (
            <Alert severity={(state.missing ?? []).length > 0 ? "warning" : "success"} role="status" sx={{ width: "100%" }}>
              {t("profile.data.ready", { time: dateTime(state.expires_at ?? "", zone) })}{" "}
              {(state.missing ?? []).length > 0 && t("profile.data.missing", { parts: (state.missing ?? []).join(", ") })}
            </Alert>
          )}
          <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1 }}>
            {state.state === "ready" && (
              <Button variant="contained" loading={fetching.isFetching} onClick={() => void save()}>
                {t("profile.data.fetch")}
              </Button>
            )}
            {state.state !== "preparing" && (
              <Button variant="outlined" loading={beginning.isLoading} onClick={() => void ask()}>
                {t(state.state === "ready" ? "profile.data.again" : "profile.data.ask")}
              </Button>
            )}
          </Box>
        </Box>
      )}
    </DataState>
  );
}
