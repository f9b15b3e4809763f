import CloudOffRounded from "@mui/icons-material/CloudOffRounded";
import ExploreOffRounded from "@mui/icons-material/ExploreOffRounded";
import LockRounded from "@mui/icons-material/LockRounded";
import WorkspacePremiumRounded from "@mui/icons-material/WorkspacePremiumRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Stack from "@mui/material/Stack";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Problem } from "@/api/problem";
import { CopyButton } from "./CopyButton";
import { useProblemText } from "./problemText";

interface PanelProps {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  role?: "alert" | "status";
}

/** A quiet panel in the place of data: what is the matter and what can be done. */
export function Panel({ icon, title, children, actions, role }: PanelProps) {
  return (
    <Stack role={role} sx={{ alignItems: "center", textAlign: "center", gap: 1, px: 3, py: { xs: 5, sm: 6 } }}>
      <Box
        aria-hidden
        sx={{
          display: "grid",
          placeItems: "center",
          width: 48,
          height: 48,
          mb: 0.5,
          borderRadius: 3,
          color: "text.secondary",
          bgcolor: "action.hover",
        }}
      >
        {icon}
      </Box>
      <Typography component="p" variant="h2">
        {title}
      </Typography>
      {children !== undefined && (
        <Typography component="div" variant="body2" color="textSecondary" sx={{ maxWidth: 440 }}>
          {children}
        </Typography>
      )}
      {actions !== undefined && (
        <Stack direction="row" sx={{ gap: 1, mt: 1.5, flexWrap: "wrap", justifyContent: "center" }}>
          {actions}
        </Stack>
      )}
    </Stack>
  );
}

/** `what` completes "We could not load …". */
export function ErrorPanel({ problem, what, onRetry }: { problem: Problem; what: string; onRetry: () => void }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  return (
    <Panel
      role="alert"
      icon={<CloudOffRounded />}
      title={t("ui.failedToLoad", { what })}
      actions={
        <>
          <Button variant="outlined" onClick={onRetry}>
            {t("ui.retry")}
          </Button>
          {problem.requestId !== null && <CopyButton text={problem.requestId} label={t("ui.copyRequestId")} />}
        </>
      }
    >
      {textOf(problem)}
      {problem.requestId !== null && (
        <Box className="figures" sx={{ mt: 0.5, fontSize: "0.78125rem", overflowWrap: "anywhere" }}>
          {t("ui.requestId", { id: problem.requestId })}
        </Box>
      )}
    </Panel>
  );
}

/** `what` completes "We could not find …". */
export function MissingPanel({ what }: { what: string }) {
  const { t } = useTranslation();
  return (
    <Panel role="alert" icon={<ExploreOffRounded />} title={t("ui.missingTitle", { what })}>
      {t("ui.missingText")}
    </Panel>
  );
}

export function LimitPanel({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  return (
    <Panel
      role="status"
      icon={<WorkspacePremiumRounded />}
      title={t("ui.limitTitle")}
      actions={
        <Button variant="contained" component={Link} to="/pricing">
          {t("ui.limitAction")}
        </Button>
      }
    >
      {textOf(problem)}
    </Panel>
  );
}

export function ForbiddenPanel({ problem, what }: { problem: Problem; what: string }) {
  const { t } = useTranslation();
  return (
    <Panel role="status" icon={<LockRounded />} title={t("ui.forbiddenTitle", { what })}>
      {problem.detail || t("ui.forbiddenWho")}
    </Panel>
  );
}
