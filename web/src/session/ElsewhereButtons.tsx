import LoginRounded from "@mui/icons-material/LoginRounded";
import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useListProvidersQuery, useStartSignInMutation } from "@/api";
import { problemOf } from "@/api/problem";
import { useProblemText } from "@/ui/problemText";
import "@/i18n/account";
import { goElsewhere } from "./elsewhere";
import { safeReturn } from "./returnTo";

/** Sign in at the operator's identity provider. Shows nothing where there is none. */
export function ElsewhereButtons() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [search] = useSearchParams();
  const { data } = useListProvidersQuery();
  const [start, { isLoading, error }] = useStartSignInMutation();

  async function go() {
    const answer = await start();
    if (answer.data === undefined) return;
    goElsewhere(answer.data.authorization_url, {
      browserKey: answer.data.browser_key,
      purpose: "login",
      next: safeReturn(search.get("next")),
    });
  }

  return (
    <>
      {error !== undefined && (
        <Alert severity="error" role="alert">
          {textOf(problemOf(error))}
        </Alert>
      )}
      {data?.items.map(({ name }) => (
        <Button key={name} variant="outlined" size="large" startIcon={<LoginRounded />} loading={isLoading} onClick={() => void go()}>
          {t("account.elsewhere.login", { name })}
        </Button>
      ))}
    </>
  );
}
