import Box from "@mui/material/Box";
import Card from "@mui/material/Card";
import MuiLink from "@mui/material/Link";
import Typography from "@mui/material/Typography";
import { useId, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import "@/i18n/market";

/** A small list beside the cards, with the way to the whole of it. */
export function SideCard({ title, to, children }: { title: string; to: string; children: ReactNode }) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <Card component="section" aria-labelledby={id} sx={{ p: 2 }}>
      <Box sx={{ display: "flex", alignItems: "baseline", justifyContent: "space-between", mb: 1.5 }}>
        <Typography id={id} variant="h2" sx={{ fontSize: "0.9375rem" }}>
          {title}
        </Typography>
        <MuiLink component={Link} to={to} variant="body2" aria-label={`${t("market.dashboard.seeAll")}: ${title}`}>
          {t("market.dashboard.seeAll")}
        </MuiLink>
      </Box>
      {children}
    </Card>
  );
}
