import "@/i18n/conditions";
import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Chip from "@mui/material/Chip";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import Stack from "@mui/material/Stack";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { useChangeAlertMutation, useLazyExplainAlertQuery, useShowAlertQuery, useShowTimelineQuery, type Alert as AlertOut, type Explanation } from "@/api";
import { problemOf } from "@/api/problem";
import { money } from "@/format/format";
import { useAlertPanelLinks } from "@/ui/alertPanel";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import { useProblemText } from "@/ui/problemText";
import { stockPath } from "@/ui/stockPath";
import { Time } from "@/ui/Time";
import { toastProblem } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import { MailState } from "./MailState";
import "@/i18n/alerts";

const HOUR_MS = 3_600_000;

/** One alert: what it waits for, what has happened to it, and why it did or did not fire. */
export default function AlertDetailPage() {
  const { t } = useTranslation();
  const alertId = useParams().id ?? "";
  const query = useShowAlertQuery({ alertId });
  return (
    <Box sx={{ maxWidth: 760, mx: "auto" }}>
      <MuiLink component={Link} to="/alerts">{t("conditions.detail.back")}</MuiLink>
      <DataState query={query} what={t("conditions.detail.what")} skeleton={<Skeleton variant="rounded" height={240} />}>
        {(alert) => (
          <Stack sx={{ gap: 2.5, mt: 1 }}>
            <Head alert={alert} />
            <Timeline alert={alert} />
            <Why alert={alert} />
          </Stack>
        )}
      </DataState>
    </Box>
  );
}

function Head({ alert }: { alert: AlertOut }) {
  const { t } = useTranslation();
  const { toEdit } = useAlertPanelLinks();
  const textOf = useProblemText();
  const [change, { isLoading }] = useChangeAlertMutation();
  const snoozed = alert.snoozed_until !== null && Date.parse(alert.snoozed_until) > Date.now();

  async function snooze(until: string | null) {
    const answer = await change({ alertId: alert.id, alertsAlertChange: { snoozed_until: until } });
    if (answer.error !== undefined) {
      const problem = problemOf(answer.error);
      toastProblem(`${t("conditions.detail.notChanged")}. ${textOf(problem)}`, problem);
    }
  }

  return (
    <Card sx={{ p: { xs: 2, sm: 3 } }}>
      <PageTitle title={t("conditions.detail.title", { symbol: alert.stock_symbol })}>{t("conditions.detail.title", { symbol: alert.stock_symbol })}</PageTitle>
      <Typography className="figures" sx={{ mt: 1 }}>{alert.words}</Typography>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, mt: 1.5 }}>
        <Chip label={t(`alerts.tabs.${alert.status}`)} color={alert.is_active ? "primary" : "default"} />
        {alert.tags.map((tag) => (
          <Chip key={tag} variant="outlined" label={tag} />
        ))}
      </Box>
      {alert.note !== null && <Typography variant="body2" color="textSecondary" sx={{ mt: 1 }}>{alert.note}</Typography>}
      {alert.expires_at !== null && (
        <Typography variant="body2" color="textSecondary" sx={{ mt: 1 }}>
          {t("conditions.expires")} <Time iso={alert.expires_at} absolute />
        </Typography>
      )}
      {snoozed && alert.snoozed_until !== null && (
        <Typography variant="body2" sx={{ mt: 1 }}>
          {t("conditions.detail.snoozedUntil")} <Time iso={alert.snoozed_until} absolute />
        </Typography>
      )}
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, mt: 2 }}>
        <Button component={Link} to={toEdit(alert.id)} variant="contained">{t("conditions.detail.edit")}</Button>
        <Button component={Link} to={stockPath(alert.instrument)} variant="outlined">{alert.stock_symbol}</Button>
        {alert.is_active && (
          <WriteButton variant="outlined" loading={isLoading} onClick={() => void snooze(snoozed ? null : new Date(Date.now() + HOUR_MS).toISOString())}>
            {t(snoozed ? "conditions.detail.wake" : "conditions.detail.snooze")}
          </WriteButton>
        )}
      </Box>
    </Card>
  );
}

function Timeline({ alert }: { alert: AlertOut }) {
  const { t } = useTranslation();
  const query = useShowTimelineQuery({ alertId: alert.id });
  return (
    <Card component="section" sx={{ p: { xs: 2, sm: 3 } }}>
      <Typography variant="h2" sx={{ mb: 1.5 }}>{t("conditions.detail.timeline")}</Typography>
      <DataState query={query} what={t("conditions.detail.what")} skeleton={<Skeleton variant="rounded" height={120} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Typography color="textSecondary">{t("conditions.detail.empty")}</Typography>
          ) : (
            <Box component="ol" sx={{ listStyle: "none", m: 0, p: 0, display: "grid", gap: 1.5 }}>
              {items.map((item) => (
                <Box component="li" key={`${item.at} ${item.kind} ${item.price}`} sx={{ borderLeft: 3, borderColor: item.kind === "fired" ? "primary.main" : "divider", pl: 1.5 }}>
                  <Typography component="p" sx={{ fontWeight: 600 }}>
                    {t(`conditions.detail.kinds.${item.kind as "fired"}`)}
                    {item.price !== null && ` ${t("conditions.detail.atPrice", { price: money(item.price, alert.currency) })}`}
                  </Typography>
                  {item.words !== null && <Typography variant="body2">{item.words}</Typography>}
                  <Typography variant="caption" color="textSecondary" component="p">
                    <Time iso={item.at} />
                  </Typography>
                  {item.email_status !== null && <MailState status={item.email_status as "sent"} />}
                </Box>
              ))}
            </Box>
          )
        }
      </DataState>
    </Card>
  );
}

/** The parts of an expression: which held, and the numbers that they compared. */
function Clauses({ clauses }: { clauses: Explanation["clauses"] }) {
  const { t } = useTranslation();
  if (clauses.length === 0) return null;
  return (
    <Box component="ul" sx={{ m: 0, mt: 1, pl: 2.5 }}>
      {clauses.map(({ words, holds, values }) => (
        <Box component="li" key={words}>
          {words}: <strong>{t(holds === null ? "conditions.detail.unknown" : holds ? "conditions.detail.held" : "conditions.detail.notHeld")}</strong>
          {values.map(({ words: name, value }) => (
            <Typography key={name} variant="body2" component="span" className="figures" sx={{ display: "block" }}>
              {name} = {value === null ? "–" : value.toFixed(4).replace(/\.?0+$/, "")}
            </Typography>
          ))}
        </Box>
      ))}
    </Box>
  );
}

function Why({ alert }: { alert: AlertOut }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [at, setAt] = useState("");
  const [ask, { data, error, isFetching }] = useLazyExplainAlertQuery();

  function submit(event: SyntheticEvent) {
    event.preventDefault();
    if (at !== "") void ask({ alertId: alert.id, at: new Date(at).toISOString() });
  }

  return (
    <Card component="section" sx={{ p: { xs: 2, sm: 3 } }}>
      <Typography variant="h2">{t("conditions.detail.why")}</Typography>
      <Typography variant="body2" color="textSecondary" sx={{ mb: 2 }}>{t("conditions.detail.whyText")}</Typography>
      <Box component="form" onSubmit={submit} sx={{ display: "flex", flexWrap: "wrap", gap: 1.5, alignItems: "center" }}>
        <TextField
          type="datetime-local"
          label={t("conditions.detail.whyTime")}
          value={at}
          onChange={(event) => setAt(event.target.value)}
          fullWidth={false}
          slotProps={{ inputLabel: { shrink: true }, htmlInput: { step: 1 } }}
        />
        <Button type="submit" variant="outlined" loading={isFetching} sx={{ minHeight: 44 }}>{t("conditions.detail.ask")}</Button>
      </Box>
      <Box aria-live="polite">
        {error !== undefined && <Alert severity="error" sx={{ mt: 2 }}>{textOf(problemOf(error))}</Alert>}
        {error === undefined && data !== undefined && (
          <Alert severity="info" sx={{ mt: 2 }}>
            {data.words}
            <Clauses clauses={data.clauses} />
          </Alert>
        )}
      </Box>
    </Card>
  );
}
