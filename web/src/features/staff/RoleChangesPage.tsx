import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Chip from "@mui/material/Chip";
import Skeleton from "@mui/material/Skeleton";
import ToggleButton from "@mui/material/ToggleButton";
import ToggleButtonGroup from "@mui/material/ToggleButtonGroup";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useApproveRoleChangeMutation, useListRoleChangesQuery, useRefuseRoleChangeMutation, type RoleChange } from "@/api";
import { newIdempotencyKey } from "@/api/idempotency";
import { problemOf } from "@/api/problem";
import { useSessionState } from "@/session/context";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { DataState } from "@/ui/DataState";
import { useProblemText } from "@/ui/problemText";
import { useReadOnly } from "@/ui/readOnly";
import { Time } from "@/ui/Time";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { StaffPage } from "@/ui/StaffPage";
import "@/i18n/staff";

type Word = "approve" | "refuse";

/** The changes of role that make or unmake a super admin, and the second word to them. */
export default function RoleChangesPage() {
  const { t } = useTranslation();
  const [isWaiting, setWaiting] = useState(true);
  const query = useListRoleChangesQuery({ state: isWaiting ? "waiting" : undefined, limit: 50 });
  return (
    <StaffPage title={t("staff.tabs.changes")}>
      <ToggleButtonGroup
        exclusive
        size="small"
        value={isWaiting}
        onChange={(_, value: boolean | null) => value !== null && setWaiting(value)}
        aria-label={t("staff.changes.filter")}
        sx={{ mb: 2 }}
      >
        <ToggleButton value={true}>{t("staff.changes.waiting")}</ToggleButton>
        <ToggleButton value={false}>{t("staff.changes.all")}</ToggleButton>
      </ToggleButtonGroup>
      <Card>
        <DataState
          query={query}
          what={t("staff.what.changes")}
          skeleton={<Skeleton variant="rounded" height={160} sx={{ m: 2.5 }} />}
          isEmpty={(page) => page.items.length === 0}
          empty={
            <Typography color="textSecondary" sx={{ p: 4, textAlign: "center" }}>
              {t(isWaiting ? "staff.changes.empty" : "staff.changes.emptyAll")}
            </Typography>
          }
        >
          {(page) => (
            <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
              {page.items.map((change) => (
                <Row key={change.id} change={change} />
              ))}
            </Box>
          )}
        </DataState>
      </Card>
    </StaffPage>
  );
}

function Row({ change }: { change: RoleChange }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const readOnly = useReadOnly();
  const { user } = useSessionState();
  const [approve, approving] = useApproveRoleChangeMutation();
  const [refuse, refusing] = useRefuseRoleChangeMutation();
  const [asked, setAsked] = useState<{ word: Word; key: string } | null>(null);
  const isOwn = change.asked_by === user?.id;
  const isAbout = change.user_id === user?.id;
  const to = t(`staff.roles.${change.to_role}`);
  const name = change.name || change.email;

  async function decide({ word, key }: { word: Word; key: string }) {
    const answer = await (word === "approve" ? approve : refuse)({ changeId: change.id, "idempotency-key": key });
    setAsked(null);
    if (answer.error === undefined) toastSuccess(t(word === "approve" ? "staff.changes.approved" : "staff.changes.refused"));
    else {
      const problem = problemOf(answer.error);
      toastProblem(problem.code === "conflict" ? problem.detail : textOf(problem), problem);
    }
  }

  return (
    <Box component="li" sx={{ display: "grid", gap: 1, px: { xs: 2, sm: 2.5 }, py: 2, borderTop: 1, borderColor: "divider", "&:first-of-type": { borderTop: 0 } }}>
      <Box sx={{ display: "flex", justifyContent: "space-between", flexWrap: "wrap", gap: 1 }}>
        <Typography sx={{ fontWeight: 650 }}>{name}</Typography>
        <Chip size="small" variant={change.state === "waiting" ? "filled" : "outlined"} label={t(`staff.changes.states.${change.state}`)} />
      </Box>
      <Typography variant="body2">
        {t("staff.changes.from", { from: t(`staff.roles.${change.from_role}`), to })} · {change.email}
      </Typography>
      <Typography variant="body2" color="textSecondary" sx={{ overflowWrap: "anywhere" }}>
        {change.reason}
      </Typography>
      {change.state === "waiting" && (
        <Box sx={{ display: "flex", alignItems: "center", flexWrap: "wrap", gap: 1 }}>
          <Typography variant="caption" color="textSecondary" sx={{ flex: 1, minWidth: 200 }}>
            {t("staff.changes.until")} <Time iso={change.expires_at} absolute /> {isOwn && t("staff.changes.own")} {isAbout && t("staff.changes.about")}
          </Typography>
          {!isAbout && readOnly === null && (
            <>
              <Button size="small" color="inherit" variant="outlined" onClick={() => setAsked({ word: "refuse", key: newIdempotencyKey() })} aria-label={t("staff.changes.refuseOf", { name })}>
                {t(isOwn ? "staff.changes.withdraw" : "staff.changes.refuse")}
              </Button>
              {!isOwn && (
                <Button size="small" variant="contained" onClick={() => setAsked({ word: "approve", key: newIdempotencyKey() })} aria-label={t("staff.changes.approveOf", { name })}>
                  {t("staff.changes.approve")}
                </Button>
              )}
            </>
          )}
        </Box>
      )}
      {asked !== null && (
        <ConfirmDialog
          open
          title={t(asked.word === "approve" ? "staff.changes.approve" : "staff.changes.refuse")}
          consequence={t(`staff.consequence.${asked.word}`, { name, role: to })}
          confirmLabel={t(asked.word === "approve" ? "staff.changes.approve" : "staff.changes.refuse")}
          busy={approving.isLoading || refusing.isLoading}
          onConfirm={() => void decide(asked)}
          onClose={() => setAsked(null)}
        />
      )}
    </Box>
  );
}
