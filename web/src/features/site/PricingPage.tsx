import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { useListPlansQuery } from "@/api";
import { rate } from "@/format/format";
import { PageTitle } from "@/ui/PageTitle";
import { PlanCards } from "./PlanCards";
import { PlanTable } from "./PlanTable";
import "@/i18n/site";

export default function PricingPage() {
  const { t } = useTranslation();
  const { data } = useListPlansQuery();
  const trialPlan = data?.items.find((plan) => plan.code === data.trial_plan);
  return (
    <Box sx={{ maxWidth: 1160, mx: "auto", px: { xs: 2, sm: 3 }, py: { xs: 5, md: 8 } }}>
      <Box sx={{ "& h1": { fontSize: { xs: "1.875rem", md: "2.5rem" }, letterSpacing: "-0.03em", textWrap: "balance" }, mb: 4 }}>
        <PageTitle title={t("site.pricing.title")}>{t("site.pricing.heading")}</PageTitle>
        {/* The line keeps its height while the rate is on its way. */}
        <Typography color="textSecondary" sx={{ mt: 1, fontSize: "1.0625rem", minHeight: "1.6em" }}>
          {data?.items[0] !== undefined && t("site.pricing.text", { gst: rate(data.items[0].gst_percent) })}
        </Typography>
      </Box>
      <Typography variant="h2" className="visually-hidden">
        {t("site.landing.plansTitle")}
      </Typography>
      <PlanCards />
      {data !== undefined && (
        <>
          <Box sx={{ mt: 3, color: "text.secondary" }}>
            {trialPlan !== undefined && (
              <Typography variant="body2">{t("site.pricing.trial", { days: data.trial_days, plan: trialPlan.name })}</Typography>
            )}
            {data.free_allowance.limits.active_alerts !== null && (
              <Typography variant="body2">
                {t("site.pricing.afterTrial", { count: data.free_allowance.limits.active_alerts })}
              </Typography>
            )}
          </Box>
          <Typography variant="h2" sx={{ mt: 7, mb: 2 }}>
            {t("site.pricing.compare")}
          </Typography>
          <PlanTable plans={data.items} />
        </>
      )}
    </Box>
  );
}
