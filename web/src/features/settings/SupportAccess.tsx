import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { useAllowSupportAccessMutation, useShowSupportAccessQuery, useWithdrawSupportAccessMutation } from "@/api";
import { problemOf } from "@/api/problem";
import { DataState } from "@/ui/DataState";
import { useProblemText } from "@/ui/problemText";
import { Time } from "@/ui/Time";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import "@/i18n/staff";

const HOURS = 24;

/** Whether the support may look at this account, which only its owner decides. */
export function SupportAccess() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const query = useShowSupportAccessQuery();
  const [allow, allowing] = useAllowSupportAccessMutation();
  const [withdraw, withdrawing] = useWithdrawSupportAccessMutation();

  async function change(isOn: boolean) {
    const answer = isOn ? await withdraw() : await allow({ authSupportAccessIn: { hours: HOURS } });
    if (answer.error === undefined) toastSuccess(t(isOn ? "staff.access.withdrawn" : "staff.access.allowed"));
    else {
      const problem = problemOf(answer.error);
      toastProblem(textOf(problem), problem);
    }
  }

  return (
    <DataState query={query} what={t("staff.what.access")} skeleton={<Skeleton variant="rounded" height={60} />}>
      {({ until }) => (
        <Box sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", flexWrap: "wrap", gap: 1.5 }}>
          <Box sx={{ flex: 1, minWidth: 240 }}>
            <Typography>
              {until === null ? (
                t("staff.access.off")
              ) : (
                <>
                  {t("staff.access.on")} <Time iso={until} absolute />
                </>
              )}
            </Typography>
            <Typography variant="caption" color="textSecondary" component="p">
              {t("staff.access.hint")}
            </Typography>
          </Box>
          <WriteButton variant="outlined" loading={allowing.isLoading || withdrawing.isLoading} onClick={() => void change(until !== null)}>
            {t(until === null ? "staff.access.allow" : "staff.access.withdraw")}
          </WriteButton>
        </Box>
      )}
    </DataState>
  );
}
