import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChangeAppMutation, type OwnApp } from "@/api";
import { messageFor, problemOf, type Problem } from "@/api/problem";
import { Asked } from "@/ui/Asked";
import { toastSuccess } from "@/ui/toasts";
import { lines } from "./scopes";

/** Changes what people see of one's app, and to where they are sent back. */
export function EditApp({ app, onClose }: { app: OwnApp; onClose: () => void }) {
  const { t } = useTranslation();
  const [change, { isLoading }] = useChangeAppMutation();
  const [name, setName] = useState(app.name);
  const [redirects, setRedirects] = useState(app.redirect_uris.join("\n"));
  const [problem, setProblem] = useState<Problem | null>(null);
  const nameMessage = problem === null ? null : messageFor(problem, "name");
  const redirectMessage = problem === null ? null : messageFor(problem, "redirect_uris");

  async function submit() {
    setProblem(null);
    const answer = await change({ appId: app.client_id, authAppChange: { name: name.trim(), redirect_uris: lines(redirects) } });
    if (answer.error !== undefined) {
      setProblem(problemOf(answer.error));
      return;
    }
    toastSuccess(t("integrations.mine.changed"));
    onClose();
  }

  return (
    <Asked
      title={t("integrations.mine.editTitle", { name: app.name })}
      text={t("integrations.mine.editText")}
      submit={t("integrations.save")}
      busy={isLoading}
      problem={nameMessage === null && redirectMessage === null ? problem : null}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      <TextField
        label={t("integrations.mine.name")}
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={nameMessage !== null}
        helperText={nameMessage ?? undefined}
        slotProps={{ htmlInput: { maxLength: 60 } }}
      />
      <TextField
        label={t("integrations.mine.redirects")}
        value={redirects}
        onChange={(event) => setRedirects(event.target.value)}
        multiline
        minRows={2}
        error={redirectMessage !== null}
        helperText={redirectMessage ?? t("integrations.mine.redirectsHint")}
      />
    </Asked>
  );
}
