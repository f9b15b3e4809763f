import VisibilityRounded from "@mui/icons-material/VisibilityRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useNow } from "@/live/now";
import { useSession, useSessionState } from "@/session/context";
import { toastInfo } from "@/ui/toasts";
import "@/i18n/frame";

/** On every page while one acts as another person: who, as whom, for how long, and the way out. */
export function ActingBanner() {
  const { t } = useTranslation();
  const session = useSession();
  const { acting, user, status } = useSessionState();
  const navigate = useNavigate();
  const now = useNow();
  const came = useRef<string | null>(null);

  // However it ended (left, over, ended by others), one is back on the very page where it began.
  useEffect(() => {
    if (acting !== undefined) came.current = acting.returnTo;
    else if (came.current !== null) {
      const to = came.current;
      came.current = null;
      if (status !== "signed_in") return;
      void navigate(to, { replace: true });
      toastInfo(t("frame.acting.left"));
    }
  }, [acting, status]);

  if (acting === undefined || user === null) return null;
  const seconds = Math.max(0, Math.ceil((acting.until - now) / 1_000));
  const left = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return (
    <>
      <Box aria-hidden sx={{ position: "fixed", inset: 0, zIndex: "tooltip", border: 4, borderColor: "warning.main", pointerEvents: "none" }} />
      <Box
        component="section"
        aria-label={t("frame.acting.label")}
        sx={{
          display: "flex",
          alignItems: "center",
          flexWrap: "wrap",
          columnGap: 1.5,
          rowGap: 0.5,
          px: { xs: 2, sm: 3 },
          py: 1,
          bgcolor: "warning.main",
          color: "warning.contrastText",
        }}
      >
        <VisibilityRounded aria-hidden fontSize="small" />
        <Box sx={{ flex: 1, minWidth: 220 }}>
          <Typography variant="body2" component="p" sx={{ fontWeight: 650, overflowWrap: "anywhere" }}>
            {t("frame.acting.as", { name: user.email, role: user.role === "USER" ? user.tier : user.role })}
          </Typography>
          <Typography variant="caption" component="p" sx={{ overflowWrap: "anywhere" }}>
            {t("frame.acting.by", { name: acting.by.email, left })}
          </Typography>
        </Box>
        <Button
          color="inherit"
          variant="outlined"
          size="small"
          onClick={() => void session.leave()}
          sx={{ borderColor: "currentColor" }}
        >
          {t("frame.acting.exit")}
        </Button>
      </Box>
    </>
  );
}
