import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAddPushDeviceMutation, useRemoveNotificationAddressMutation, type NoticeAddress } from "@/api";
import { problemOf } from "@/api/problem";
import { useProblemText } from "@/ui/problemText";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { DEVICE_CACHE, DEVICE_KEY } from "@/session/device";
import { canPush, deviceName, isKnown, remember, subscribe, subscribed } from "./device";

/** Has this browser show notices while the app is closed. `pushKey`: what it subscribes to. */
export function ThisDevice({ pushKey, held }: { pushKey: string; held: readonly NoticeAddress[] }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [add] = useAddPushDeviceMutation();
  const [remove] = useRemoveNotificationAddressMutation();
  const [addressId, setAddressId] = useState(() => localStorage.getItem(DEVICE_KEY));
  const [isBusy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<"denied" | "failed" | null>(null);
  const [isSubscribed, setSubscribed] = useState(false);

  useEffect(() => {
    if (canPush()) void subscribed().then(async (found) => setSubscribed(found !== null && (await isKnown(found))));
  }, []);

  if (!canPush()) {
    const isApple = /iPhone|iPad/.test(navigator.userAgent);
    return isApple ? <Typography variant="body2" color="textSecondary">{t("notifications.addresses.device.install")}</Typography> : null;
  }
  const isOn = isSubscribed && held.some((one) => one.id === addressId);

  function say(error: unknown) {
    const problem = problemOf(error);
    toastProblem(textOf(problem), problem);
  }

  async function switchOn() {
    setTrouble((await Notification.requestPermission()) === "granted" ? null : "denied");
    if (Notification.permission !== "granted") return;
    let given: PushSubscriptionJSON;
    try {
      given = (await subscribe(pushKey)).toJSON();
    } catch {
      setTrouble("failed");
      return;
    }
    const { endpoint = "", keys = {}, expirationTime = null } = given;
    const name = deviceName(navigator.userAgent);
    const label = name === null ? t("notifications.addresses.device.unknown") : t("notifications.addresses.device.label", { browser: name[0], system: name[1] });
    const answer = await add({
      alertsPushIn: { endpoint, keys: { p256dh: keys.p256dh ?? "", auth: keys.auth ?? "" }, expirationTime, label },
    });
    if (answer.error !== undefined) {
      await (await subscribed())?.unsubscribe();
      say(answer.error);
      return;
    }
    await remember(given, pushKey);
    localStorage.setItem(DEVICE_KEY, answer.data.id);
    setAddressId(answer.data.id);
    setSubscribed(true);
    toastSuccess(t("notifications.addresses.device.added"));
  }

  async function switchOff() {
    if (addressId === null) return;
    const answer = await remove({ addressId });
    if (answer.error !== undefined) {
      say(answer.error);
      return;
    }
    await (await subscribed())?.unsubscribe();
    await caches.delete(DEVICE_CACHE);
    localStorage.removeItem(DEVICE_KEY);
    setSubscribed(false);
    toastSuccess(t("notifications.addresses.device.removed"));
  }

  return (
    <Box sx={{ mb: 2 }}>
      <Typography variant="body2" color="textSecondary" sx={{ mb: 1 }}>
        {t(isOn ? "notifications.addresses.device.on" : "notifications.addresses.device.off")}
      </Typography>
      {trouble !== null && (
        <Alert severity="warning" sx={{ mb: 1 }}>
          {t(`notifications.addresses.device.${trouble}`)}
        </Alert>
      )}
      <Button
        variant="outlined"
        loading={isBusy}
        onClick={() => {
          setBusy(true);
          void (isOn ? switchOff() : switchOn()).finally(() => setBusy(false));
        }}
      >
        {t(isOn ? "notifications.addresses.device.switchOff" : "notifications.addresses.device.switchOn")}
      </Button>
    </Box>
  );
}
