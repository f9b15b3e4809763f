import SensorsRounded from "@mui/icons-material/SensorsRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import MuiTab from "@mui/material/Tab";
import Tabs from "@mui/material/Tabs";
import Typography from "@mui/material/Typography";
import { useId, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useDispatch } from "react-redux";
import { Link, useSearchParams } from "react-router";
import { signalsApi, useDismissSignalMutation, type Signal } from "@/api";
import { problemOf } from "@/api/problem";
import type { Subscription } from "@/live/channels";
import { useChannel } from "@/live/hooks";
import { Panel } from "@/ui/Notices";
import { PageTitle } from "@/ui/PageTitle";
import { useProblemText } from "@/ui/problemText";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import { Follows } from "./Follows";
import { SignalList } from "./SignalList";
import "@/i18n/signals";

const TABS = ["active", "over", "follows"] as const;
type Tab = (typeof TABS)[number];

/** The feed of signals, and the strategies that make them. */
export default function SignalsPage() {
  const { t } = useTranslation();
  const id = useId();
  const [params, setParams] = useSearchParams();
  const tab = TABS.find((one) => one === params.get("tab")) ?? "active";
  useSignalsLive();

  return (
    <Box sx={{ maxWidth: 860, mx: "auto" }}>
      <PageTitle title={t("signals.title")}>{t("signals.title")}</PageTitle>
      <Typography color="textSecondary">{t("signals.intro")}</Typography>
      <Tabs
        value={tab}
        onChange={(_, value: Tab) => setParams({ tab: value }, { replace: true })}
        aria-label={t("signals.tabs.label")}
        variant="scrollable"
        scrollButtons={false}
        sx={{ my: 2, borderBottom: 1, borderColor: "divider" }}
      >
        {TABS.map((each) => (
          <MuiTab key={each} value={each} label={t(`signals.tabs.${each}`)} id={`${id}-${each}`} aria-controls={`${id}-panel`} />
        ))}
      </Tabs>
      <Box role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${tab}`}>
        {tab === "follows" ? (
          <Follows />
        ) : (
          <SignalList
            key={tab}
            wanted={{ active: tab === "active" }}
            actionsOf={(signal) => <Dismiss signal={signal} />}
            empty={
              <Panel
                icon={<SensorsRounded />}
                title={t("signals.none")}
                actions={<Button component={Link} to="?tab=follows" variant="contained">{t("signals.follow")}</Button>}
              >
                {t("signals.noneText")}
              </Panel>
            }
          />
        )}
      </Box>
    </Box>
  );
}

/** Has lists read anew when a signal is made, moves or ends. */
function useSignalsLive() {
  const dispatch = useDispatch();
  const subscription = useMemo<Subscription>(() => {
    const readAnew = () => void dispatch(signalsApi.util.invalidateTags(["signals"]));
    return { onData: readAnew, onResync: readAnew };
  }, [dispatch]);
  useChannel("signals", subscription);
}

function Dismiss({ signal }: { signal: Signal }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [dismiss, { isLoading }] = useDismissSignalMutation();

  async function run() {
    const answer = await dismiss({ signalId: signal.id });
    if (answer.error === undefined) toastSuccess(t("signals.dismissed"));
    else {
      const problem = problemOf(answer.error);
      toastProblem(`${t("signals.failed")}. ${textOf(problem)}`, problem);
    }
  }

  return (
    <WriteButton loading={isLoading} onClick={() => void run()} aria-label={t("signals.dismissOf", { symbol: signal.symbol })}>
      {t("signals.dismiss")}
    </WriteButton>
  );
}
