import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useWithdrawCompanyEventMutation, type CompanyEvent } from "@/api";
import { problemOf, type Problem } from "@/api/problem";
import { ReasonDialog } from "@/ui/ReasonDialog";
import { toastSuccess } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import "@/i18n/companies";

/** Staff: take an event back that was a mistake. */
export function Withdraw({ event }: { event: CompanyEvent }) {
  const { t } = useTranslation();
  const [withdraw] = useWithdrawCompanyEventMutation();
  const [isAsking, setAsking] = useState(false);
  const what = t("companies.withdraw.of", { words: event.words, symbol: event.symbol });

  async function takeBack(reason: string): Promise<Problem | null> {
    const answer = await withdraw({ eventId: event.id, marketWithdrawIn: { reason } });
    if (answer.error !== undefined) return problemOf(answer.error);
    toastSuccess(t("companies.withdraw.done"));
    return null;
  }

  return (
    <>
      <WriteButton size="small" variant="outlined" color="inherit" onClick={() => setAsking(true)} aria-label={what}>
        {t("companies.withdraw.button")}
      </WriteButton>
      {isAsking && (
        <ReasonDialog
          title={what}
          consequence={t("companies.withdraw.consequence")}
          confirmLabel={t("companies.withdraw.button")}
          onConfirm={takeBack}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
