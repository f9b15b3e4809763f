import PlaylistAddCheckRounded from "@mui/icons-material/PlaylistAddCheckRounded";
import AddRounded from "@mui/icons-material/AddRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Chip from "@mui/material/Chip";
import MuiLink from "@mui/material/Link";
import MenuItem from "@mui/material/MenuItem";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import {
  useChangeWatchlistRuleMutation,
  useDeleteWatchlistRuleMutation,
  useListWatchlistRulesQuery,
  useListWatchlistsQuery,
  type WatchlistRule,
} from "@/api";
import { problemOf } from "@/api/problem";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { DataState } from "@/ui/DataState";
import { Panel } from "@/ui/Notices";
import { PageTitle } from "@/ui/PageTitle";
import { useProblemText } from "@/ui/problemText";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import "@/i18n/alerts";
import "@/i18n/bulk";

/** As many as one person may have. */
const MOST = 50;
const STATES = ["active", "triggered", "paused", "expired", "needs_review"] as const;

/** One rule for every stock of a watchlist: those that there are, and where a new one begins. */
export default function RulesPage() {
  const { t } = useTranslation();
  const query = useListWatchlistRulesQuery({ limit: MOST });
  return (
    <Box sx={{ maxWidth: 860, mx: "auto" }}>
      <MuiLink component={Link} to="/alerts">{t("bulk.rules.back")}</MuiLink>
      <PageTitle title={t("bulk.rules.title")}>{t("bulk.rules.title")}</PageTitle>
      <Typography color="textSecondary" sx={{ mt: 1, mb: 2 }}>{t("bulk.rules.intro")}</Typography>
      <NewRule />
      <Card sx={{ mt: 2 }}>
        <DataState
          query={query}
          what={t("bulk.rules.what")}
          skeleton={<Skeleton variant="rounded" height={160} sx={{ m: 2.5 }} />}
          isEmpty={({ items }) => items.length === 0}
          empty={
            <Panel icon={<PlaylistAddCheckRounded />} title={t("bulk.rules.none")}>
              {t("bulk.rules.noneText")}
            </Panel>
          }
        >
          {({ items }) => <Rules rules={items} />}
        </DataState>
      </Card>
    </Box>
  );
}

function NewRule() {
  const { t } = useTranslation();
  const query = useListWatchlistsQuery();
  const [chosen, setChosen] = useState<string | null>(null);
  return (
    <DataState
      query={query}
      what={t("bulk.rules.whatLists")}
      skeleton={<Skeleton variant="rounded" height={56} />}
      isEmpty={({ items }) => items.length === 0}
      empty={
        <Typography>
          {t("bulk.rules.noLists")} <MuiLink component={Link} to="/watchlists">{t("bulk.rules.toLists")}</MuiLink>
        </Typography>
      }
    >
      {({ items }) => {
        const list = chosen ?? items.find((each) => each.is_default)?.id ?? items[0]?.id ?? "";
        return (
          <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1.5, alignItems: "center" }}>
            <TextField select size="small" label={t("bulk.rules.over")} value={list} onChange={(event) => setChosen(event.target.value)} fullWidth={false} sx={{ minWidth: 220 }}>
              {items.map((each) => (
                <MenuItem key={each.id} value={each.id}>
                  {each.name}
                </MenuItem>
              ))}
            </TextField>
            <Button component={Link} to={`/alerts/new?kind=rule&watchlist=${list}`} variant="contained" startIcon={<AddRounded />}>
              {t("bulk.rules.new")}
            </Button>
          </Box>
        );
      }}
    </DataState>
  );
}

function Rules({ rules }: { rules: WatchlistRule[] }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const lists = useListWatchlistsQuery().data?.items ?? [];
  const [change, changing] = useChangeWatchlistRuleMutation();
  const [destroy, destroying] = useDeleteWatchlistRuleMutation();
  const [removing, setRemoving] = useState<WatchlistRule | null>(null);
  const nameOf = (rule: WatchlistRule) => lists.find((list) => list.id === rule.watchlist_id)?.name ?? rule.watchlist_name;

  function told(error: unknown, done: string): void {
    if (error === undefined) {
      toastSuccess(done);
      return;
    }
    const problem = problemOf(error);
    toastProblem(`${t("bulk.rules.notChanged")}. ${textOf(problem)}`, problem);
  }

  async function toggle(rule: WatchlistRule) {
    const isResuming = rule.status === "paused";
    const answer = await change({ ruleId: rule.id, alertsAlertChange: { status: isResuming ? "active" : "paused" } });
    told(answer.error, t(isResuming ? "bulk.rules.resumed" : "bulk.rules.paused"));
  }

  async function remove(rule: WatchlistRule) {
    const answer = await destroy({ ruleId: rule.id });
    setRemoving(null);
    told(answer.error, t("bulk.rules.deleted"));
  }

  return (
    <>
      <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
        {rules.map((rule) => (
          <Row key={rule.id} rule={rule} name={nameOf(rule)} isBusy={changing.isLoading} onToggle={() => void toggle(rule)} onRemove={() => setRemoving(rule)} />
        ))}
      </Box>
      <ConfirmDialog
        open={removing !== null}
        title={t("bulk.rules.confirmTitle")}
        consequence={removing === null ? "" : t("bulk.rules.confirmText", { name: nameOf(removing), rule: removing.summary })}
        confirmLabel={t("bulk.rules.confirm")}
        busy={destroying.isLoading}
        onConfirm={() => removing !== null && void remove(removing)}
        onClose={() => setRemoving(null)}
      />
    </>
  );
}

interface RowProps {
  rule: WatchlistRule;
  name: string;
  isBusy: boolean;
  onToggle: () => void;
  onRemove: () => void;
}

function Row({ rule, name, isBusy, onToggle, onRemove }: RowProps) {
  const { t } = useTranslation();
  const counts = STATES.filter((state) => (rule.alerts[state] ?? 0) > 0).map((state) => t(`bulk.rules.counts.${state}`, { count: rule.alerts[state] ?? 0 }));
  const named = (action: string) => t("bulk.rules.actionFor", { action, name, rule: rule.summary });
  const toggle = t(rule.status === "paused" ? "bulk.rules.resume" : "bulk.rules.pause");
  return (
    <Box component="li" data-rule-id={rule.id} sx={{ px: { xs: 2, sm: 2.5 }, py: 1.75, borderTop: 1, borderColor: "divider", "&:first-of-type": { borderTop: 0 }, display: "grid", gap: 0.5 }}>
      <Box sx={{ display: "flex", gap: 1, alignItems: "start", justifyContent: "space-between" }}>
        <Typography className="figures" sx={{ fontWeight: 600, minWidth: 0, overflowWrap: "anywhere" }}>
          {t("bulk.rules.each", { name, rule: rule.summary })}
        </Typography>
        <Chip size="small" variant={rule.status === "active" ? "filled" : "outlined"} color={rule.status === "active" ? "primary" : "default"} label={t(`bulk.rules.states.${rule.status}`)} />
      </Box>
      <Typography variant="body2" color="textSecondary">{counts.length === 0 ? t("bulk.rules.empty") : counts.join(" · ")}</Typography>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 0.5, mt: 0.5, ml: -0.75 }}>
        {counts.length > 0 && (
          <Button size="small" component={Link} to={`/alerts?rule=${rule.id}`} aria-label={named(t("bulk.rules.alerts"))}>
            {t("bulk.rules.alerts")}
          </Button>
        )}
        {rule.status !== "ended" && rule.alert_type !== "threshold" && (
          <Button size="small" component={Link} to={`/alerts/new?kind=rule&watchlist=${rule.watchlist_id}&rule=${rule.id}`} aria-label={named(t("bulk.rules.change"))}>
            {t("bulk.rules.change")}
          </Button>
        )}
        {rule.status !== "ended" && (
          <WriteButton size="small" disabled={isBusy} onClick={onToggle} aria-label={named(toggle)}>
            {toggle}
          </WriteButton>
        )}
        <WriteButton size="small" color="error" onClick={onRemove} aria-label={named(t("bulk.rules.delete"))}>
          {t("bulk.rules.delete")}
        </WriteButton>
      </Box>
    </Box>
  );
}
