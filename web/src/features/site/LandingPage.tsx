import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import MuiLink from "@mui/material/Link";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { PageTitle } from "@/ui/PageTitle";
import { HeroPicture } from "./HeroPicture";
import { PlanCards } from "./PlanCards";
import "@/i18n/site";

const WIDTH = { maxWidth: 1160, mx: "auto", px: { xs: 2, sm: 3 } } as const;

function Section({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <Box component="section" sx={{ ...WIDTH, py: { xs: 5, md: 7 } }}>
      <Typography variant="h2" sx={{ fontSize: { xs: "1.375rem", md: "1.625rem" }, letterSpacing: "-0.02em" }}>
        {title}
      </Typography>
      {text !== undefined && (
        <Typography color="textSecondary" sx={{ mt: 0.75 }}>
          {text}
        </Typography>
      )}
      <Box sx={{ mt: 3 }}>{children}</Box>
    </Box>
  );
}

export default function LandingPage() {
  const { t } = useTranslation();
  const steps = t("site.landing.how", { returnObjects: true });
  const reasons = t("site.landing.why", { returnObjects: true });
  return (
    <>
      <Box
        component="section"
        sx={{ ...WIDTH, display: "grid", gap: { xs: 4, md: 8 }, alignItems: "center", gridTemplateColumns: { xs: "1fr", md: "1.05fr 1fr" }, py: { xs: 5, md: 10 } }}
      >
        <Box sx={{ "& h1": { fontSize: { xs: "2.25rem", sm: "2.75rem", md: "3.375rem" }, lineHeight: 1.08, letterSpacing: "-0.035em", fontWeight: 720, textWrap: "balance" } }}>
          <PageTitle title={t("site.landing.title")}>{t("site.landing.heading")}</PageTitle>
          <Typography color="textSecondary" sx={{ mt: 2.5, fontSize: { xs: "1.0625rem", md: "1.1875rem" }, lineHeight: 1.6, maxWidth: 520 }}>
            {t("site.landing.text")}
          </Typography>
          <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1.5, mt: 4 }}>
            <Button component={Link} to="/register" variant="contained" size="large">
              {t("site.landing.start")}
            </Button>
            <Button component={Link} to="/pricing" variant="outlined" size="large">
              {t("site.landing.demo")}
            </Button>
          </Box>
          <Typography variant="body2" color="textSecondary" sx={{ mt: 2 }}>
            {t("site.landing.trial")}
          </Typography>
        </Box>
        <HeroPicture />
      </Box>

      <Box sx={{ bgcolor: "background.paper", borderBlock: 1, borderColor: "divider" }}>
        <Section title={t("site.landing.howTitle")}>
          <Box component="ol" sx={{ m: 0, p: 0, listStyle: "none", display: "grid", gap: 4, gridTemplateColumns: { xs: "1fr", md: "repeat(3, 1fr)" } }}>
            {steps.map((step, index) => (
              <Box component="li" key={step.title}>
                <Box aria-hidden className="figures" sx={{ display: "grid", placeItems: "center", width: 32, height: 32, borderRadius: "50%", bgcolor: "primary.main", color: "primary.contrastText", fontWeight: 700, mb: 1.5 }}>
                  {index + 1}
                </Box>
                <Typography variant="h3" sx={{ fontSize: "1.0625rem" }}>
                  {step.title}
                </Typography>
                <Typography color="textSecondary" sx={{ mt: 0.5 }}>
                  {step.text}
                </Typography>
              </Box>
            ))}
          </Box>
        </Section>
      </Box>

      <Section title={t("site.landing.whyTitle")}>
        <Box sx={{ display: "grid", gap: 2, gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" } }}>
          {reasons.map((reason) => (
            <Card key={reason.title} sx={{ p: 3 }}>
              <Typography variant="h3" sx={{ fontSize: "1.0625rem" }}>
                {reason.title}
              </Typography>
              <Typography color="textSecondary" sx={{ mt: 0.5 }}>
                {reason.text}
              </Typography>
            </Card>
          ))}
        </Box>
      </Section>

      <Box sx={{ bgcolor: "background.paper", borderBlock: 1, borderColor: "divider" }}>
        <Section title={t("site.landing.plansTitle")} text={t("site.landing.plansText")}>
          <PlanCards />
        </Section>
      </Box>

      <Section title={t("site.landing.riskTitle")}>
        <Typography color="textSecondary" sx={{ maxWidth: 720 }}>
          {t("site.landing.riskText")}{" "}
          <MuiLink component={Link} to="/legal/risk">
            {t("site.landing.riskLink")}
          </MuiLink>
        </Typography>
      </Section>
    </>
  );
}
