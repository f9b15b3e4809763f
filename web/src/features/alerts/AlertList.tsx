import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Skeleton from "@mui/material/Skeleton";
import SearchOffRounded from "@mui/icons-material/SearchOffRounded";
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDeleteAlertMutation, useListAlertsQuery, useChangeAlertMutation, type Alert, type AlertFilters, type AlertPageOut } from "@/api";
import { problemOf } from "@/api/problem";
import { usePollingInterval } from "@/live/hooks";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { DataState } from "@/ui/DataState";
import { Panel } from "@/ui/Notices";
import { useProblemText } from "@/ui/problemText";
import { useRuleText } from "@/ui/ruleText";
import { toastInfo, toastProblem, toastSuccess } from "@/ui/toasts";
import { ALERT_COLUMNS, AlertRow } from "./AlertRow";
import { BulkBar } from "./bulk/BulkBar";
import { EmptyAlerts } from "./EmptyAlerts";
import "@/i18n/alerts";

interface AlertListProps {
  status: Alert["status"];
  filters: AlertFilters;
}

const PAGE_SIZE = 50;

/** The alerts in one state, newest first, page by page; those that are selected can be acted on together. */
export function AlertList({ status, filters }: AlertListProps) {
  const [cursors, setCursors] = useState<(string | null)[]>([null]);
  const [pages, setPages] = useState<Record<string, AlertPageOut>>({});
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const shown = cursors.flatMap((cursor) => pages[cursor ?? ""]?.items ?? []);
  const goesOn = (pages[cursors.at(-1) ?? ""]?.next_cursor ?? null) !== null;
  const note = useCallback((cursor: string | null, page: AlertPageOut) => setPages((now) => ({ ...now, [cursor ?? ""]: page })), []);

  function select(alert: Alert, on: boolean) {
    setSelected((now) => new Set(on ? [...now, alert.id] : [...now].filter((id) => id !== alert.id)));
  }

  return (
    // Clipped, not hidden: within what is hidden nothing could stay at the window's edge.
    <Card sx={{ overflow: "clip" }}>
      {shown.length > 0 && (
        <BulkBar
          status={status}
          shown={shown}
          selected={shown.filter(({ id }) => selected.has(id))}
          onSelect={(alerts) => setSelected(new Set(alerts.map(({ id }) => id)))}
          filters={filters}
          goesOn={goesOn}
        />
      )}
      {cursors.map((cursor, index) => (
        <AlertPage
          key={cursor}
          status={status}
          filters={filters}
          selected={selected}
          onSelect={select}
          onShown={note}
          cursor={cursor}
          isLast={index === cursors.length - 1}
          onMore={(next) => setCursors([...cursors, next])}
        />
      ))}
    </Card>
  );
}

interface AlertPageProps extends AlertListProps {
  cursor: string | null;
  isLast: boolean;
  selected: ReadonlySet<string>;
  onSelect: (alert: Alert, on: boolean) => void;
  onShown: (cursor: string | null, page: AlertPageOut) => void;
  onMore: (cursor: string) => void;
}

function AlertPage({ status, filters, cursor, isLast, selected, onSelect, onShown, onMore }: AlertPageProps) {
  const { t } = useTranslation();
  const query = useListAlertsQuery(
    { status, ...filters, limit: PAGE_SIZE, cursor: cursor ?? undefined },
    { pollingInterval: usePollingInterval() },
  );
  const listed = query.data;
  useEffect(() => {
    if (listed !== undefined) onShown(cursor, listed);
  }, [cursor, listed, onShown]);
  const isFiltered = Object.values(filters).some((value) => value !== undefined);
  const { toggle, remove, dialog } = useAlertActions();
  return (
    <>
      <DataState
        query={query}
        what={t("alerts.what.list")}
        skeleton={<ListSkeleton />}
        isEmpty={(page) => cursor === null && page.items.length === 0}
        empty={isFiltered ? <NoMatch /> : <EmptyAlerts tab={status} />}
      >
        {(page) => (
          <>
            {cursor === null && <Columns />}
            <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
              {page.items.map((alert) => (
                <AlertRow key={alert.id} alert={alert} isSelected={selected.has(alert.id)} onSelect={onSelect} onToggle={toggle} onRemove={remove} />
              ))}
            </Box>
            {isLast && page.next_cursor !== null && (
              <Button fullWidth onClick={() => onMore(page.next_cursor as string)} sx={{ borderRadius: 0 }}>
                {t("ui.more")}
              </Button>
            )}
          </>
        )}
      </DataState>
      {dialog}
    </>
  );
}

function NoMatch() {
  const { t } = useTranslation();
  return (
    <Panel icon={<SearchOffRounded />} title={t("bulk.filters.none")}>
      {t("bulk.filters.noneText")}
    </Panel>
  );
}

/** What the columns hold; each cell says it again to those who cannot see them, so this is for the eye only. */
function Columns() {
  const { t } = useTranslation();
  const names = [t("alerts.form.stock"), t("alerts.row.condition"), t("alerts.row.now"), t("alerts.row.distance"), t("alerts.row.set")];
  return (
    <Box
      aria-hidden
      sx={{ display: { xs: "none", md: "grid" }, gridTemplateColumns: ALERT_COLUMNS, gap: 2, px: 2.5, py: 1.25, color: "text.secondary", fontSize: "0.78125rem", fontWeight: 600 }}
    >
      {names.map((name) => (
        <span key={name}>{name}</span>
      ))}
      {/* As wide as the three buttons of a row. */}
      <Box sx={{ width: 108 }} />
    </Box>
  );
}

function ListSkeleton() {
  return (
    <Box sx={{ p: 2.5, display: "grid", gap: 2 }}>
      {[1, 2, 3, 4].map((key) => (
        <Skeleton key={key} variant="rounded" height={44} />
      ))}
    </Box>
  );
}

/** Pausing can be undone and asks nothing; deleting cannot, so it asks first. */
function useAlertActions() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const ruleText = useRuleText();
  const [update] = useChangeAlertMutation();
  const [destroy, { isLoading }] = useDeleteAlertMutation();
  const [removing, setRemoving] = useState<Alert | null>(null);

  async function setStatus(alert: Alert, status: "active" | "paused", undo: boolean) {
    const answer = await update({ alertId: alert.id, alertsAlertChange: { status } });
    if (answer.error !== undefined) {
      const problem = problemOf(answer.error);
      toastProblem(`${t("alerts.row.notChanged")}. ${textOf(problem)}`, problem);
      return;
    }
    const text = t(status === "paused" ? "alerts.row.paused" : "alerts.row.resumed", { symbol: alert.stock_symbol });
    const back = status === "paused" ? "active" : "paused";
    toastInfo(text, undo ? { action: { label: t("alerts.row.undo"), onClick: () => void setStatus(alert, back, false) } } : {});
  }

  async function confirmRemoval(alert: Alert) {
    const answer = await destroy({ alertId: alert.id });
    setRemoving(null);
    if (answer.error !== undefined) {
      const problem = problemOf(answer.error);
      toastProblem(`${t("alerts.row.notRemoved")}. ${textOf(problem)}`, problem);
    } else toastSuccess(t("alerts.row.removed", { symbol: alert.stock_symbol }));
  }

  const dialog = (
    <ConfirmDialog
      open={removing !== null}
      title={t("alerts.row.confirmTitle")}
      consequence={removing === null ? "" : t("alerts.row.confirmText", { symbol: removing.stock_symbol, rule: ruleText(removing) })}
      confirmLabel={t("alerts.row.confirm")}
      busy={isLoading}
      onConfirm={() => removing !== null && void confirmRemoval(removing)}
      onClose={() => setRemoving(null)}
    />
  );
  return {
    toggle: (alert: Alert) => void setStatus(alert, alert.is_active ? "paused" : "active", true),
    remove: setRemoving,
    dialog,
  };
}
