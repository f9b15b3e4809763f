import CheckCircleRounded from "@mui/icons-material/CheckCircleRounded";
import RadioButtonUncheckedRounded from "@mui/icons-material/RadioButtonUncheckedRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Typography from "@mui/material/Typography";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useDecideFirstStepMutation, useShowFirstStepsQuery } from "@/api";
import "@/i18n/profile";

/** What is left of the first steps, until all is done or the list is put away. It has no place while it is not known. */
export function Checklist() {
  const { t } = useTranslation();
  const { data } = useShowFirstStepsQuery();
  const [decide, { isLoading }] = useDecideFirstStepMutation();
  const id = useId();
  if (data === undefined || data.finished) return null;
  const steps = data.steps.filter(({ step }) => step !== "dashboard");
  const done = steps.filter(({ state }) => state === "done").length;
  return (
    <Card component="section" aria-labelledby={id} sx={{ p: 2, mb: 3 }}>
      <Box sx={{ display: "flex", alignItems: "baseline", flexWrap: "wrap", gap: 1, mb: 1.5 }}>
        <Typography id={id} variant="h2" sx={{ fontSize: "0.9375rem" }}>
          {t("profile.steps.checklist")}
        </Typography>
        <Typography variant="body2" color="textSecondary" sx={{ flex: 1 }}>
          {t("profile.steps.checklistDone", { done, count: steps.length })}
        </Typography>
        <Button component={Link} to="/welcome" size="small" variant="outlined">
          {t("profile.steps.go")}
        </Button>
        <Button size="small" color="inherit" loading={isLoading} onClick={() => void decide({ step: "dashboard", authStepIn: { outcome: "done" } })}>
          {t("profile.steps.hide")}
        </Button>
      </Box>
      <Box component="ul" sx={{ display: "flex", flexWrap: "wrap", columnGap: 3, rowGap: 0.75, listStyle: "none", m: 0, p: 0 }}>
        {steps.map(({ step, state }) => (
          <Box component="li" key={step} sx={{ display: "flex", alignItems: "center", gap: 0.75 }}>
            {state === "done" ? <CheckCircleRounded fontSize="small" color="success" aria-hidden /> : <RadioButtonUncheckedRounded fontSize="small" color="disabled" aria-hidden />}
            <Typography variant="body2">
              {t(`profile.steps.names.${step}`)}
              {state === "done" && <span className="visually-hidden">: {t("profile.steps.done")}</span>}
            </Typography>
          </Box>
        ))}
      </Box>
    </Card>
  );
}
