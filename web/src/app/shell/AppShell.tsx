import Box from "@mui/material/Box";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Outlet, useNavigate } from "react-router";
import { useSettingsOfAccount } from "@/preferences/settings";
import { useSessionState } from "@/session/context";
import { useAlertPanel } from "@/ui/alertPanel";
import { useShortcuts } from "@/ui/shortcuts";
import { Toasts } from "@/ui/toasts";
import { NoticeListener } from "../NoticeListener";
import { ActingBanner } from "./ActingBanner";
import { BottomBar } from "./BottomBar";
import { Footer } from "./Footer";
import { Rail } from "./Rail";
import { SkipLink } from "./SkipLink";
import { TopBar } from "./TopBar";
import "@/i18n/shell";

const AlertPanel = lazy(() => import("@/features/alerts/AlertPanel"));
const TermsDialog = lazy(() => import("../TermsDialog"));
const SignedOutDialog = lazy(() => import("../SignedOutDialog"));
const ShortcutsDialog = lazy(() => import("./ShortcutsDialog"));
const SearchDialog = lazy(() => import("./SearchDialog"));

/** The frame of every page behind the login. */
export default function AppShell() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<"search" | "shortcuts" | null>(null);
  const close = () => setDialog(null);
  const { status, user } = useSessionState();
  useSettingsOfAccount();
  const { draft, editing } = useAlertPanel();

  const actions = useMemo(() => {
    const go = (to: string) => () => void navigate(to);
    const search = () => setDialog("search");
    return {
      "/": search,
      "ctrl+k": search,
      "g d": go("/dashboard"),
      "g a": go("/alerts"),
      "g s": go("/settings"),
      "alt+a": go("/alerts/new"),
      "?": () => setDialog("shortcuts"),
    };
  }, [navigate]);
  useShortcuts(actions);

  return (
    <Box sx={{ display: "flex", minHeight: "100dvh" }}>
      <SkipLink>{t("shell.skip")}</SkipLink>
      <Rail />
      <Box sx={{ flex: 1, minWidth: 0, display: "flex", flexDirection: "column" }}>
        <Box sx={{ position: "sticky", top: 0, zIndex: "appBar" }}>
          <ActingBanner />
          <TopBar onSearch={() => setDialog("search")} onShortcuts={() => setDialog("shortcuts")} />
        </Box>
        <Box
          sx={{
            flex: 1,
            display: "flex",
            flexDirection: "column",
            width: "100%",
            maxWidth: 1440,
            mx: "auto",
            px: { xs: 2, sm: 3 },
            pt: { xs: 2.5, sm: 3.5 },
            pb: { xs: 9, sm: 0 },
          }}
        >
          <Box component="main" id="main" tabIndex={-1} sx={{ pb: 5, outline: "none" }}>
            <Outlet />
          </Box>
          <Footer />
        </Box>
      </Box>
      <BottomBar />
      <NoticeListener />
      <Toasts />
      <Suspense fallback={null}>
        {(draft !== null || editing !== null) && <AlertPanel />}
        {status === "ended" && <SignedOutDialog />}
        {status === "signed_in" && user?.terms_acceptance_required === true && <TermsDialog />}
        {dialog === "search" && <SearchDialog onClose={close} />}
        {dialog === "shortcuts" && <ShortcutsDialog onClose={close} />}
      </Suspense>
    </Box>
  );
}
