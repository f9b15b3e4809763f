import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useDispatch } from "react-redux";
import { useNavigate } from "react-router";
import { api } from "@/api";
import { money } from "@/format/format";
import { claim } from "@/live/claims";
import { useChannel } from "@/live/hooks";
import { readAlertTriggered, readNotice } from "@/live/messages";
import type { Subscription } from "@/live/channels";
import { useRuleText } from "@/ui/ruleText";
import { toastInfo } from "@/ui/toasts";
import "@/i18n/alerts";
import "@/i18n/shell";

/** Hears what happens to this user: tells of each triggered alert once over all tabs, and has lists read anew. */
export function NoticeListener() {
  const { t } = useTranslation();
  const dispatch = useDispatch();
  const navigate = useNavigate();
  const ruleText = useRuleText();

  const subscription = useMemo<Subscription>(() => {
    const readAnew = () => dispatch(api.util.invalidateTags(["alert", "triggered", "notice"]));
    return {
      onResync: readAnew,
      onData: (data) => {
        const notice = readNotice(data);
        if (notice === null) return;
        readAnew();
        const triggered = notice.type === "alerts.alert.triggered.v1" ? readAlertTriggered(notice.data) : null;
        if (triggered === null) return;
        void claim(notice.id).then((ours) => {
          if (!ours) return;
          toastInfo(t("shell.triggeredToast", { symbol: triggered.symbol, price: money(triggered.price, triggered.currency) }), {
            description: t("shell.triggeredToastText", { rule: ruleText(triggered) }),
            action: { label: t("shell.view"), onClick: () => void navigate("/alerts?tab=triggered") },
          });
        });
      },
    };
    // `t` and `navigate` change with the language and the place; the channel must not be left and joined for that.
  }, [dispatch]);

  useChannel("notifications", subscription);
  return null;
}
