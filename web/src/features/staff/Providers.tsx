import Box from "@mui/material/Box";
import Chip from "@mui/material/Chip";
import LinearProgress from "@mui/material/LinearProgress";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useListPriceProvidersQuery, type PriceProvider } from "@/api";
import { DataState } from "@/ui/DataState";
import { Section } from "@/ui/Section";
import { Time } from "@/ui/Time";
import "@/i18n/marketData";

const POLL_MS = 15_000;
const SILENT_SHOWN = 8;

/** The providers of prices: state, budget, last failure, and stocks of which nothing comes. */
export function Providers() {
  const { t } = useTranslation();
  const query = useListPriceProvidersQuery(undefined, { pollingInterval: POLL_MS, skipPollingIfUnfocused: true });
  return (
    <DataState query={query} what={t("marketData.what.providers")} skeleton={<Skeleton variant="rounded" height={220} />}>
      {({ items }) => (
        <Box sx={{ display: "grid", gap: 3, gridTemplateColumns: { xs: "1fr", md: "repeat(auto-fit, minmax(380px, 1fr))" } }}>
          {items.map((provider) => (
            <Provider key={provider.provider} provider={provider} />
          ))}
        </Box>
      )}
    </DataState>
  );
}

const COLOURS = { well: "success", degraded: "error", unknown: "default" } as const;

function Provider({ provider }: { provider: PriceProvider }) {
  const { t } = useTranslation();
  const { budget, places, silent } = provider;
  const shown = silent.slice(0, SILENT_SHOWN).map((one) => one.instrument);
  return (
    <Section
      title={provider.provider}
      intro={t(`marketData.sources.roles.${provider.role}`)}
      actions={<Chip size="small" variant="outlined" color={COLOURS[provider.state]} label={t(`marketData.sources.states.${provider.state}`)} />}
    >
      <Box component="dl" sx={{ m: 0, display: "grid", gap: 1 }}>
        <Fact label={t("marketData.sources.places")}>
          <Places places={places} />
        </Fact>
        <Fact label={t("marketData.sources.lastOk")}>{provider.last_ok_at === null ? t("marketData.sources.never") : <Time iso={provider.last_ok_at} />}</Fact>
        {provider.last_error !== null && provider.last_error_at !== null && (
          <Fact label={t("marketData.sources.lastError")}>
            {provider.last_error} · <Time iso={provider.last_error_at} />
          </Fact>
        )}
        {budget !== null && (
          <>
            <Fact label={t("marketData.sources.minute")}>
              <Used used={budget.minute_used} limit={budget.per_minute} label={t("marketData.sources.minute")} />
            </Fact>
            <Fact label={t("marketData.sources.day")}>
              <Used used={budget.day_used} limit={budget.per_day} label={t("marketData.sources.day")} />
            </Fact>
          </>
        )}
        <Fact label={t("marketData.sources.monitored")}>{t("marketData.sources.past", { count: provider.with_past, total: provider.monitored })}</Fact>
        <Fact label={t("marketData.sources.silent")}>
          {shown.length === 0 ? t("marketData.sources.silentNone") : shown.join(", ")}
          {silent.length > SILENT_SHOWN && ` ${t("marketData.sources.silentMore", { count: silent.length - SILENT_SHOWN })}`}
        </Fact>
      </Box>
    </Section>
  );
}

function Places({ places }: { places: PriceProvider["places"] }) {
  const { t } = useTranslation();
  if (places.length === 0) return t("marketData.sources.noPlace");
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", gap: 0.75, alignItems: "center" }}>
      {places.map(({ market, place, in_charge }) => {
        const name = t(`marketData.sources.markets.${market}`);
        return (
          <span key={market}>
            {t("marketData.sources.place", { market: name, place })}
            {in_charge && <Chip size="small" color="success" variant="outlined" label={t("marketData.sources.inCharge", { market: name })} sx={{ ml: 0.75 }} />}
          </span>
        );
      })}
    </Box>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Box sx={{ display: "grid", gridTemplateColumns: "minmax(130px, 0.8fr) 1fr", gap: 1.5 }}>
      <Typography component="dt" variant="body2" color="textSecondary">
        {label}
      </Typography>
      <Typography component="dd" variant="body2" sx={{ m: 0, minWidth: 0, overflowWrap: "anywhere" }}>
        {children}
      </Typography>
    </Box>
  );
}

function Used({ used, limit, label }: { used: number; limit: number; label: string }) {
  const { t } = useTranslation();
  return (
    <Box className="figures">
      {t("marketData.sources.used", { used, limit })}
      <LinearProgress variant="determinate" value={Math.min(100, (used / limit) * 100)} aria-label={label} sx={{ mt: 0.5 }} />
    </Box>
  );
}
