import Alert from "@mui/material/Alert";
import MuiLink from "@mui/material/Link";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Problem } from "@/api/problem";
import { useProblemText } from "./problemText";
import "@/i18n/alerts";

/** Why something was refused, and what can be done about it. */
export function Refusal({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const isLimit = problem.status === 402;
  return (
    <Alert severity={isLimit ? "warning" : "error"} role="alert">
      {textOf(problem)}
      {isLimit && (
        <>
          {" "}
          {problem.upgradeTo !== null && `${t("alerts.form.limitUpgrade", { plan: problem.upgradeTo })} `}
          <MuiLink component={Link} to="/pricing" color="inherit" underline="always">
            {t("alerts.form.seePlans")}
          </MuiLink>
        </>
      )}
      {problem.code === "idempotency_key_reused" && (
        <>
          {" "}
          <MuiLink component={Link} to="/alerts" color="inherit" underline="always">
            {t("alerts.form.alreadyCreated")}
          </MuiLink>
        </>
      )}
      {problem.requestId !== null && !isLimit && (
        <Typography variant="caption" component="p" sx={{ mt: 0.5, overflowWrap: "anywhere" }}>
          {t("ui.requestId", { id: problem.requestId })}
        </Typography>
      )}
    </Alert>
  );
}
