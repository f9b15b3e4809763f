import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { useListFailoversQuery } from "@/api";
import { DataState } from "@/ui/DataState";
import { Section } from "@/ui/Section";
import { Time } from "@/ui/Time";
import "@/i18n/marketData";

const LISTED = 20;
const POLL_MS = 15_000;

/** When a market went over from one provider of prices to another, and why. */
export function Failovers() {
  const { t } = useTranslation();
  const query = useListFailoversQuery({ limit: LISTED }, { pollingInterval: POLL_MS, skipPollingIfUnfocused: true });
  const nobody = t("marketData.failovers.nobody");
  return (
    <Section flush title={t("marketData.failovers.title")} intro={t("marketData.failovers.intro")}>
      <DataState
        query={query}
        what={t("marketData.what.failovers")}
        skeleton={<Skeleton variant="rounded" height={80} sx={{ m: 2.5 }} />}
        isEmpty={(page) => page.items.length === 0}
        empty={
          <Typography color="textSecondary" sx={{ px: 2.5, pb: 2.5 }}>
            {t("marketData.failovers.empty")}
          </Typography>
        }
      >
        {(page) => (
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {page.items.map((one) => (
              <Box component="li" key={`${one.market} ${one.at}`} sx={{ px: 2.5, py: 1.5, borderTop: 1, borderColor: "divider" }}>
                <Typography variant="body2" sx={{ overflowWrap: "anywhere" }}>
                  {t("marketData.failovers.step", {
                    market: t(`marketData.sources.markets.${one.market}`),
                    previous: one.previous ?? nobody,
                    provider: one.provider ?? nobody,
                  })}{" "}
                  · <Time iso={one.at} />
                </Typography>
                <Typography variant="body2" color="textSecondary" sx={{ overflowWrap: "anywhere" }}>
                  {one.reason}
                </Typography>
              </Box>
            ))}
          </Box>
        )}
      </DataState>
    </Section>
  );
}
