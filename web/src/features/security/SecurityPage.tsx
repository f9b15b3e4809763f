import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useListProvidersQuery, useRenewRecoveryCodesMutation, useShowTwoFactorQuery, type TwoFactor } from "@/api";
import { problemOf } from "@/api/problem";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import { useProblemText } from "@/ui/problemText";
import { Section } from "@/ui/Section";
import { toastProblem } from "@/ui/toasts";
import "@/i18n/account";
import { AuthenticatorApp } from "./AuthenticatorApp";
import { Passkeys } from "./Passkeys";
import { RecoveryCodes } from "./RecoveryCodes";
import { SecurityLog } from "./SecurityLog";
import { SignIns } from "./SignIns";
import { SignInsElsewhere } from "./SignInsElsewhere";

/** How one logs in, where one is signed in, and what happened to the account. */
export default function SecurityPage() {
  const { t } = useTranslation();
  const query = useShowTwoFactorQuery();
  const { data: providers } = useListProvidersQuery();
  const [codes, setCodes] = useState<string[] | null>(null);
  return (
    <Box sx={{ maxWidth: 760, mx: "auto" }}>
      <PageTitle title={t("account.security.title")}>{t("account.security.title")}</PageTitle>
      <Typography color="textSecondary">{t("account.security.intro")}</Typography>
      <Box sx={{ display: "grid", gap: 2, mt: 2.5 }}>
        {query.data?.required === true && !query.data.enabled && <Alert severity="warning">{t("account.security.required")}</Alert>}
        {codes !== null && (
          <Section title={t("account.security.recovery.title")}>
            <RecoveryCodes codes={codes} onKept={() => setCodes(null)} />
          </Section>
        )}
        <Section title={t("account.security.app.title")}>
          <DataState query={query} what={t("account.security.what.factors")} skeleton={<Skeleton variant="rounded" height={80} />}>
            {(state) => <AuthenticatorApp state={state} onRecoveryCodes={setCodes} />}
          </DataState>
        </Section>
        <Section title={t("account.security.passkeys.title")}>
          <Passkeys onRecoveryCodes={setCodes} />
        </Section>
        {query.data?.enabled === true && codes === null && (
          <Section title={t("account.security.recovery.title")}>
            <CodesLeft state={query.data} onRecoveryCodes={setCodes} />
          </Section>
        )}
        {providers?.items.map(({ name }) => (
          <Section key={name} title={t("account.elsewhere.title")}>
            <SignInsElsewhere name={name} />
          </Section>
        ))}
        <Section title={t("account.settings.sessions")}>
          <SignIns />
        </Section>
        <Section title={t("account.security.log.title")}>
          <SecurityLog />
        </Section>
      </Box>
    </Box>
  );
}

function CodesLeft({ state, onRecoveryCodes }: { state: TwoFactor; onRecoveryCodes: (codes: string[]) => void }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [renew, { isLoading }] = useRenewRecoveryCodesMutation();
  const [asking, setAsking] = useState(false);

  async function makeNew() {
    const answer = await renew();
    setAsking(false);
    if (answer.data !== undefined) {
      onRecoveryCodes(answer.data.recovery_codes);
      return;
    }
    const problem = problemOf(answer.error);
    if (problem.code !== "step_up_required") toastProblem(textOf(problem), problem);
  }

  return (
    <Box sx={{ display: "flex", alignItems: "center", flexWrap: "wrap", gap: 2 }}>
      <Typography sx={{ flex: 1 }}>{t("account.security.recovery.left", { count: state.recovery_codes_left })}</Typography>
      <Button onClick={() => setAsking(true)}>{t("account.security.recovery.renew")}</Button>
      <ConfirmDialog
        open={asking}
        title={t("account.security.recovery.renew")}
        consequence={t("account.security.recovery.renewText")}
        confirmLabel={t("account.security.recovery.renew")}
        busy={isLoading}
        onConfirm={() => void makeNew()}
        onClose={() => setAsking(false)}
      />
    </Box>
  );
}
