import Box from "@mui/material/Box";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useListCompanyEventsQuery, type Stock } from "@/api";
import { CompanyDay } from "@/ui/CompanyDay";
import { DataState } from "@/ui/DataState";
import { Section } from "@/ui/Section";
import "@/i18n/companies";

const SHOWN = 4;

/** The next results days and ex-days of a stock. */
export default function StockDays({ stock }: { stock: Stock }) {
  const { t } = useTranslation();
  const query = useListCompanyEventsQuery({ symbol: stock.instrument, limit: SHOWN });
  return (
    <Section title={t("companies.of", { symbol: stock.symbol })}>
      <DataState
        query={query}
        what={t("companies.what")}
        skeleton={<Skeleton variant="rounded" height={64} />}
        isEmpty={({ items }) => items.length === 0}
        empty={<Typography color="textSecondary">{t("companies.none")}</Typography>}
      >
        {({ items }) => (
          <Box component="ul" sx={{ listStyle: "none", mx: 0, my: -1.25, p: 0 }}>
            {items.map((event) => (
              <CompanyDay key={event.id} event={event} named={false} />
            ))}
          </Box>
        )}
      </DataState>
      <MuiLink component={Link} to="/calendar" variant="body2" sx={{ display: "inline-block", mt: 2.5 }}>
        {t("companies.all")}
      </MuiLink>
    </Section>
  );
}
