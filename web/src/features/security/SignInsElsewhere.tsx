import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useListLinksQuery, useStartLinkMutation, useUnlinkMutation } from "@/api";
import { problemOf } from "@/api/problem";
import { goElsewhere } from "@/session/elsewhere";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { useProblemText } from "@/ui/problemText";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import "@/i18n/account";

/** The identity at the operator's provider that opens this account. */
export function SignInsElsewhere({ name }: { name: string }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const { data } = useListLinksQuery();
  const [start, starting] = useStartLinkMutation();
  const [unlink, unlinking] = useUnlinkMutation();
  const [asking, setAsking] = useState(false);
  const isLinked = (data?.items.length ?? 0) > 0;

  function show(error: unknown) {
    const problem = problemOf(error);
    if (problem.code !== "step_up_required") toastProblem(textOf(problem), problem);
  }

  async function link() {
    const answer = await start();
    if (answer.data === undefined) show(answer.error);
    else goElsewhere(answer.data.authorization_url, { browserKey: answer.data.browser_key, purpose: "link", next: "/settings/security" });
  }

  async function take() {
    const { error } = await unlink();
    setAsking(false);
    if (error === undefined) toastSuccess(t("account.elsewhere.unlinked"));
    else show(error);
  }

  return (
    <Box sx={{ display: "flex", alignItems: "center", flexWrap: "wrap", gap: 2 }}>
      <Typography sx={{ flex: 1 }}>{t(isLinked ? "account.elsewhere.isLinked" : "account.elsewhere.isNotLinked", { name })}</Typography>
      {isLinked ? (
        <Button color="error" onClick={() => setAsking(true)}>
          {t("account.elsewhere.unlink")}
        </Button>
      ) : (
        <Button loading={starting.isLoading} onClick={() => void link()}>
          {t("account.elsewhere.link")}
        </Button>
      )}
      <ConfirmDialog
        open={asking}
        title={t("account.elsewhere.unlink")}
        consequence={t("account.elsewhere.unlinkText", { name })}
        confirmLabel={t("account.elsewhere.unlink")}
        busy={unlinking.isLoading}
        onConfirm={() => void take()}
        onClose={() => setAsking(false)}
      />
    </Box>
  );
}
