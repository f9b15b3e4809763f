import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  useConfirmNotificationAddressMutation,
  useConnectNumberMutation,
  useConnectSlackMutation,
  useConnectTelegramMutation,
  useListNotificationAddressesQuery,
  useRemoveNotificationAddressMutation,
  useTestNotificationAddressMutation,
  type NoticeAddress,
} from "@/api";
import { problemOf } from "@/api/problem";
import { AskedButton, Row } from "@/ui/Row";
import { DataState } from "@/ui/DataState";
import { useProblemText } from "@/ui/problemText";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { ThisDevice } from "./ThisDevice";

const LOOK_EVERY_MS = 5_000;

/** Chats and devices that one is written to, each confirmed from there. */
export function Addresses() {
  const { t } = useTranslation();
  const [link, setLink] = useState<string | null>(null);
  const query = useListNotificationAddressesQuery(undefined, { pollingInterval: link === null ? 0 : LOOK_EVERY_MS });
  const say = useSay();
  const [connectSlack, { isLoading }] = useConnectSlackMutation();
  const [connectTelegram, { isLoading: isAsking }] = useConnectTelegramMutation();
  const [connectNumber, { isLoading: isTexting }] = useConnectNumberMutation();
  const [url, setUrl] = useState("");
  const [number, setNumber] = useState("");

  async function slack() {
    const answer = await connectSlack({ alertsSlackIn: { url: url.trim() } });
    if (answer.error === undefined) setUrl("");
    say(answer);
  }

  async function text() {
    const answer = await connectNumber({ alertsSmsIn: { number: number.trim() } });
    if (answer.error === undefined) setNumber("");
    say(answer);
  }

  async function telegram() {
    const answer = await connectTelegram();
    setLink(answer.data?.link ?? null);
    say(answer);
  }

  return (
    <DataState query={query} what={t("notifications.addresses.what")} skeleton={<Skeleton variant="rounded" height={96} />}>
      {(page) => (
        <>
          {page.push_key !== null && <ThisDevice pushKey={page.push_key} held={page.items} />}
          {page.items.length === 0 && <Typography color="textSecondary">{t("notifications.addresses.empty")}</Typography>}
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {page.items.map((held) => (
              <AddressRow key={held.id} held={held} />
            ))}
          </Box>
          <Box component="form" noValidate sx={{ display: "grid", gap: 1.5, mt: 2 }} onSubmit={(event) => { event.preventDefault(); void slack(); }}>
            <TextField
              label={t("notifications.addresses.slackUrl")}
              type="url"
              value={url}
              onChange={(event) => setUrl(event.target.value)}
              helperText={t("notifications.addresses.slackHint")}
              slotProps={{ htmlInput: { maxLength: 300 } }}
            />
            <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1 }}>
              <Button type="submit" variant="outlined" disabled={url.trim() === ""} loading={isLoading}>
                {t("notifications.addresses.slack")}
              </Button>
              {page.telegram && (
                <Button variant="outlined" loading={isAsking} onClick={() => void telegram()}>
                  {t("notifications.addresses.telegram")}
                </Button>
              )}
            </Box>
          </Box>
          {page.sms && (
            <Box component="form" noValidate sx={{ display: "flex", flexWrap: "wrap", gap: 1, mt: 2, alignItems: "flex-start" }} onSubmit={(event) => { event.preventDefault(); void text(); }}>
              <TextField
                label={t("notifications.addresses.number")}
                type="tel"
                value={number}
                onChange={(event) => setNumber(event.target.value)}
                helperText={t("notifications.addresses.numberHint")}
                fullWidth={false}
                sx={{ flex: "1 1 240px" }}
                slotProps={{ htmlInput: { maxLength: 30, autoComplete: "tel" } }}
              />
              <Button type="submit" variant="outlined" disabled={number.trim() === ""} loading={isTexting} sx={{ mt: 1 }}>
                {t("notifications.addresses.sms")}
              </Button>
            </Box>
          )}
          {link !== null && (
            <Typography variant="body2" sx={{ mt: 1.5 }}>
              {t("notifications.addresses.telegramOpen")}{" "}
              <a href={link} target="_blank" rel="noreferrer">
                {t("notifications.addresses.telegramLink")}
              </a>
            </Typography>
          )}
        </>
      )}
    </DataState>
  );
}

function AddressRow({ held }: { held: NoticeAddress }) {
  const { t } = useTranslation();
  const say = useSay();
  const [remove] = useRemoveNotificationAddressMutation();
  const [confirm, { isLoading }] = useConfirmNotificationAddressMutation();
  const [test, { isLoading: isTesting }] = useTestNotificationAddressMutation();
  const [code, setCode] = useState("");
  const { id, label, status, reason } = held;
  const state = t(`notifications.addresses.states.${status}`);
  return (
    <Row
      title={label}
      actions={
        <>
          {status === "active" && (
            <Button
              size="small"
              loading={isTesting}
              aria-label={t("notifications.addresses.testOf", { label })}
              onClick={() => void test({ addressId: id }).then((answer) => say(answer, t("notifications.addresses.tested")))}
            >
              {t("notifications.addresses.test")}
            </Button>
          )}
          <AskedButton
            label={t("notifications.addresses.remove")}
            spoken={t("notifications.addresses.removeOf", { label })}
            title={t("notifications.addresses.removeTitle")}
            consequence={t("notifications.addresses.removeText")}
            onConfirm={() => remove({ addressId: id })}
          />
        </>
      }
    >
      <Typography variant="caption" color="textSecondary" component="p">
        {reason === null ? state : t("notifications.addresses.offBecause", { state, reason })}
      </Typography>
      {status === "pending" && held.channel !== "telegram" && (
        <Box
          component="form"
          noValidate
          sx={{ display: "flex", gap: 1, mt: 1, alignItems: "center" }}
          onSubmit={(event) => {
            event.preventDefault();
            void confirm({ addressId: id, alertsCodeIn: { code } }).then((answer) => say(answer, t("notifications.addresses.confirmed")));
          }}
        >
          <TextField
            size="small"
            fullWidth={false}
            label={t("notifications.addresses.code")}
            value={code}
            onChange={(event) => setCode(event.target.value.trim())}
            slotProps={{ htmlInput: { maxLength: 6, inputMode: "numeric", autoComplete: "one-time-code" } }}
          />
          <Button type="submit" variant="contained" disabled={code.length !== 6} loading={isLoading}>
            {t("notifications.addresses.confirm")}
          </Button>
        </Box>
      )}
    </Row>
  );
}

/** Says how a change went. */
function useSay() {
  const textOf = useProblemText();
  return (answer: { error?: unknown }, done?: string) => {
    if (answer.error === undefined) {
      if (done !== undefined) toastSuccess(done);
      return;
    }
    const problem = problemOf(answer.error);
    toastProblem(textOf(problem), problem);
  };
}
