import CloudOffRounded from "@mui/icons-material/CloudOffRounded";
import ConstructionRounded from "@mui/icons-material/ConstructionRounded";
import ExploreOffRounded from "@mui/icons-material/ExploreOffRounded";
import LockRounded from "@mui/icons-material/LockRounded";
import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { PageTitle } from "./PageTitle";

/** Part of the entry, since it stands in for code that cannot be fetched; so its buttons are plain ones (global.css). */
function ErrorPage({ icon, title, text, actions }: { icon: ReactNode; title: string; text: string; actions: ReactNode }) {
  return (
    <Box sx={{ maxWidth: 480, mx: "auto", px: 2, py: { xs: 6, sm: 10 }, textAlign: "center" }}>
      <Box aria-hidden sx={{ display: "inline-grid", placeItems: "center", width: 64, height: 64, borderRadius: 4, bgcolor: "action.hover", color: "text.secondary", mb: 2 }}>
        {icon}
      </Box>
      <PageTitle title={title}>{title}</PageTitle>
      <Typography color="textSecondary" sx={{ mt: 1, mb: 3 }}>
        {text}
      </Typography>
      <Box sx={{ display: "flex", gap: 1, justifyContent: "center", flexWrap: "wrap" }}>{actions}</Box>
    </Box>
  );
}

function ToDashboard() {
  const { t } = useTranslation();
  return (
    <Link className="plain-button plain-button-strong" to="/dashboard">
      {t("ui.toDashboard")}
    </Link>
  );
}

export function NotFound() {
  const { t } = useTranslation();
  return <ErrorPage icon={<ExploreOffRounded />} title={t("failures.notFoundTitle")} text={t("failures.notFoundText")} actions={<ToDashboard />} />;
}

export function Forbidden() {
  const { t } = useTranslation();
  return <ErrorPage icon={<LockRounded />} title={t("failures.forbiddenPageTitle")} text={t("failures.forbiddenPageText")} actions={<ToDashboard />} />;
}

/** In place of the pages behind the login while nobody answers who is signed in. */
export function Unreachable({ onRetry }: { onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <main>
      <ErrorPage
        icon={<CloudOffRounded />}
        title={t("failures.unreachableTitle")}
        text={t("failures.unreachableText")}
        actions={
          <button type="button" className="plain-button plain-button-strong" onClick={onRetry}>
            {t("ui.retry")}
          </button>
        }
      />
    </main>
  );
}

/** For a page whose own code failed, or could not be fetched because the device is offline. */
export function Broken() {
  const { t } = useTranslation();
  const offline = !navigator.onLine;
  return (
    <ErrorPage
      icon={offline ? <CloudOffRounded /> : <ConstructionRounded />}
      title={t(offline ? "failures.offlineTitle" : "failures.brokenTitle")}
      text={t(offline ? "failures.offlineText" : "failures.brokenText")}
      actions={
        <>
          <button type="button" className="plain-button plain-button-strong" onClick={() => location.reload()}>
            {t("failures.reload")}
          </button>
          <Link className="plain-button" to="/dashboard">
            {t("ui.toDashboard")}
          </Link>
        </>
      }
    />
  );
}
