import MuiLink from "@mui/material/Link";
import { useTranslation } from "react-i18next";
import { Link, Navigate, useSearchParams } from "react-router";
import { useSessionState } from "@/session/context";
import { LoginForm } from "@/session/LoginForm";
import { safeReturn } from "@/session/returnTo";
import { Narrow } from "@/ui/Narrow";
import "@/i18n/account";

export default function LoginPage() {
  const { t } = useTranslation();
  const { status, user } = useSessionState();
  const [search] = useSearchParams();
  if (status === "signed_in") {
    // The first steps are walked through once, unless somebody was on the way to a page.
    const next = search.get("next");
    return <Navigate to={next === null && user?.first_steps_due === true ? "/welcome" : safeReturn(next)} />;
  }
  return (
    <Narrow
      title={t("account.login.title")}
      heading={t("account.login.heading")}
      text={t("account.login.text")}
      below={
        <>
          {t("account.login.noAccount")}{" "}
          <MuiLink component={Link} to="/register">
            {t("account.login.register")}
          </MuiLink>
        </>
      }
    >
      <LoginForm />
    </Narrow>
  );
}
