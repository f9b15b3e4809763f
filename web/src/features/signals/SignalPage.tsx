import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import Stack from "@mui/material/Stack";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import Typography from "@mui/material/Typography";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { useListCandlesQuery, useShowSignalQuery, type Signal } from "@/api";
import { money, rate } from "@/format/format";
import { zoneOf } from "@/format/time";
import { INTERVALS, STEP_MS } from "@/ui/chart/bars";
import { PriceChart } from "@/ui/chart/PriceChart";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import { Section } from "@/ui/Section";
import { stockPath } from "@/ui/stockPath";
import { Time } from "@/ui/Time";
import { ratio, share } from "@/format/ratio";
import { Prices } from "./SignalCard";
import "@/i18n/signals";

const BARS = 120;
/** So much of the chart comes after the signal's last moment. */
const AFTER = 20;

/** One signal: its prices on the chart, its reasons with their numbers, what it means for this person. */
export default function SignalPage() {
  const { t } = useTranslation();
  const query = useShowSignalQuery({ signalId: useParams().id ?? "" });
  return (
    <Box sx={{ maxWidth: 860, mx: "auto" }}>
      <MuiLink component={Link} to="/signals">
        {t("signals.back")}
      </MuiLink>
      <DataState query={query} what={t("signals.what.one")} skeleton={<Skeleton variant="rounded" height={320} />}>
        {(signal) => (
          <Stack sx={{ gap: 2.5, mt: 1 }}>
            <Head signal={signal} />
            {!signal.locked && <Chart signal={signal} />}
            <Why signal={signal} />
            <Typography variant="body2" color="textSecondary">
              {signal.label} {signal.disclosure}
            </Typography>
          </Stack>
        )}
      </DataState>
    </Box>
  );
}

function Head({ signal }: { signal: Signal }) {
  const { t } = useTranslation();
  const { offer } = signal;
  const title = `${t(`signals.side.${signal.side}`)} ${signal.symbol}`;
  const capital = offer.capital === null ? "" : money(offer.capital, signal.currency);
  return (
    <Section title={t("signals.by", { strategy: signal.strategy, number: signal.version_number })}>
      <PageTitle title={title}>{title}</PageTitle>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, mt: 1 }}>
        <Chip label={t(`signals.status.${signal.status}`)} color={signal.status === "active" ? "primary" : "default"} />
        <Chip variant="outlined" label={t(signal.is_ai_generated ? "signals.ai" : "signals.noAi")} sx={{ height: "auto", minHeight: 32, "& .MuiChip-label": { whiteSpace: "normal", py: 0.5 } }} />
      </Box>
      <Prices signal={signal} />
      <Typography variant="body2">
        {t("signals.madeAt")} <Time iso={signal.at} absolute />. {t("signals.valid")} <Time iso={signal.valid_until} absolute />.
      </Typography>
      <Typography variant="body2">
        {signal.confidence === null ? t("signals.noConfidence") : t("signals.confidence", { percent: share(signal.confidence) })}
      </Typography>
      <Typography variant="body2">{t(`signals.${signal.basis}`)}</Typography>
      <Typography component="h3" sx={{ fontWeight: 600, mt: 1.5 }}>
        {t("signals.forYou")}
      </Typography>
      <Typography variant="body2">
        {t(`signals.verdict.${offer.verdict}`)} {t(`signals.capitalOf.${offer.capital_of}`, { capital })}
      </Typography>
      {offer.units !== null && offer.invested !== null && (
        <Typography variant="body2" className="figures">
          {t("signals.units", { units: offer.units, invested: money(offer.invested, signal.currency) })}
          {offer.at_risk !== null && `, ${t("signals.risk", { risk: money(offer.at_risk, signal.currency) })}`}
        </Typography>
      )}
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, mt: 2 }}>
        <Button component={Link} to={stockPath(signal.instrument)} variant="outlined">
          {signal.symbol}
        </Button>
        <Button component={Link} to={`/signals/records/${signal.version_id}`} variant="outlined">
          {t("signals.record")}
        </Button>
      </Box>
    </Section>
  );
}

function Chart({ signal }: { signal: Signal }) {
  const { t } = useTranslation();
  const interval = INTERVALS.find((one) => one === signal.interval) ?? "1d";
  const last = Date.parse(signal.exit_at ?? signal.entry_at ?? signal.at);
  const query = useListCandlesQuery({ symbol: signal.instrument, interval, to: new Date(last + AFTER * STEP_MS[interval]).toISOString(), limit: BARS });
  const bars = useMemo(() => [...(query.data?.items ?? [])].reverse(), [query.data]);
  const lines = useMemo(
    () =>
      [
        { id: "entry", price: signal.entry_price ?? signal.reference_price, label: t("signals.entry") },
        { id: "stop", price: signal.stop, label: t("signals.stop") },
        { id: "target", price: signal.target, label: t("signals.target") },
      ].flatMap(({ id, price, label }) => (price === null ? [] : [{ id, price, label }])),
    [signal, t],
  );
  return (
    <Section title={t("signals.chart")}>
      <DataState query={query} what={t("signals.what.chart")} skeleton={<Skeleton variant="rounded" height={320} />}>
        {() => (
          <PriceChart
            symbol={signal.symbol}
            bars={bars}
            forming={null}
            interval={interval}
            currency={signal.currency}
            zone={zoneOf(signal.instrument.split(":")[0] ?? "")}
            alertLines={lines}
            studies={[]}
            summary={t("signals.chartSummary", { symbol: signal.symbol })}
            onNeedOlder={() => undefined}
            onInterval={() => undefined}
          />
        )}
      </DataState>
    </Section>
  );
}

function Why({ signal }: { signal: Signal }) {
  const { t } = useTranslation();
  return (
    <Section title={t("signals.why")}>
      <Box component="ul" sx={{ m: 0, pl: 2.5 }}>
        {signal.reasons.map(({ words, values }) => (
          <li key={words}>
            {words}
            {values.map(({ words: name, value }) => (
              <Typography key={name} variant="body2" component="span" className="figures" sx={{ display: "block" }}>
                {name} = {value.toFixed(4).replace(/\.?0+$/, "")}
              </Typography>
            ))}
          </li>
        ))}
      </Box>
      {signal.voices.length > 0 && (
        <>
          <Typography component="h3" sx={{ fontWeight: 600, mt: 2 }}>
            {t("signals.voices")}
          </Typography>
          <Typography variant="body2" color="textSecondary">
            {t("signals.voicesText", { score: rate(String(signal.score)), formula: signal.fused_by })}
          </Typography>
          <Table size="small">
            <TableHead>
              <TableRow>
                <TableCell>{t("signals.voice")}</TableCell>
                <TableCell align="right">{t("signals.agrees")}</TableCell>
              </TableRow>
            </TableHead>
            <TableBody>
              {signal.voices.map(({ words, agrees, known_at, confidence }) => (
                <TableRow key={words}>
                  <TableCell>
                    {words}
                    {confidence != null && `, ${t("signals.clear", { confidence: rate(String(confidence)) })}`}
                    {known_at != null && (
                      <>
                        , {t("signals.known")} <Time iso={known_at} absolute />
                      </>
                    )}
                  </TableCell>
                  <TableCell align="right" className="figures">
                    {rate(String(agrees))}
                  </TableCell>
                </TableRow>
              ))}
            </TableBody>
          </Table>
        </>
      )}
      {signal.net !== null && (
        <Typography variant="body2" sx={{ mt: 1 }}>
          {t("signals.net")}: {ratio(signal.net)}
        </Typography>
      )}
    </Section>
  );
}
