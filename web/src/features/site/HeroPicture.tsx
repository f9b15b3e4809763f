import CheckCircleRounded from "@mui/icons-material/CheckCircleRounded";
import NotificationsActiveRounded from "@mui/icons-material/NotificationsActiveRounded";
import Box from "@mui/material/Box";
import Card from "@mui/material/Card";
import Chip from "@mui/material/Chip";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import "@/i18n/site";

const LINE =
  "M0 150 L16 144 L32 149 L48 131 L64 137 L80 122 L96 128 L112 133 L128 118 L144 109 L160 116 L176 104 L192 111 L208 96 L224 88 L240 95 L250 82 L264 74 L278 80 L294 64 L308 58 L322 50";

/** What an alert looks like when it fires: a drawing, and marked as one. */
export function HeroPicture() {
  const { t } = useTranslation();
  return (
    <Card aria-hidden sx={{ p: { xs: 2, sm: 3 }, boxShadow: "0 24px 60px -28px rgb(16 24 40 / 0.35)" }}>
      <Box sx={{ display: "flex", gap: 1.5, alignItems: "flex-start", mb: 2 }}>
        <NotificationsActiveRounded fontSize="small" sx={{ color: "primary.main", mt: 0.25 }} />
        <Typography sx={{ fontWeight: 600, flex: 1 }}>{t("site.landing.illustrationRule")}</Typography>
        <Chip size="small" variant="outlined" label={t("site.landing.illustration")} />
      </Box>
      <Box component="svg" viewBox="0 0 400 176" sx={{ width: "100%", display: "block" }}>
        <defs>
          <linearGradient id="hero-fill" x1="0" x2="0" y1="0" y2="1">
            <stop offset="0" stopColor="var(--sw-palette-primary-main)" stopOpacity="0.22" />
            <stop offset="1" stopColor="var(--sw-palette-primary-main)" stopOpacity="0" />
          </linearGradient>
        </defs>
        {[20, 60, 100, 140].map((y) => (
          <line key={y} x1="0" x2="400" y1={y} y2={y} stroke="var(--grid)" />
        ))}
        <path d={`${LINE} L322 176 L0 176 Z`} fill="url(#hero-fill)" />
        <path d={LINE} fill="none" stroke="var(--sw-palette-primary-main)" strokeWidth="2.5" strokeLinejoin="round" strokeLinecap="round" />
        <line x1="0" x2="400" y1="50" y2="50" stroke="var(--up)" strokeDasharray="5 5" strokeWidth="1.5" />
        <rect x="342" y="38" width="58" height="24" rx="6" fill="var(--up)" />
        <text x="371" y="54.5" textAnchor="middle" fontSize="12" fontWeight="650" fill="var(--sw-palette-background-paper)">
          $230.00
        </text>
        <circle cx="322" cy="50" r="10" fill="var(--up)" opacity="0.22" />
        <circle cx="322" cy="50" r="4.5" fill="var(--up)" />
      </Box>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 2, mt: 2, color: "text.secondary", fontSize: "0.875rem", fontWeight: 600 }}>
        {[t("site.landing.illustrationFired"), t("site.landing.illustrationMail")].map((text) => (
          <Box key={text} component="span" sx={{ display: "inline-flex", alignItems: "center", gap: 0.75 }}>
            <CheckCircleRounded sx={{ fontSize: 18, color: "success.main" }} />
            {text}
          </Box>
        ))}
      </Box>
    </Card>
  );
}
