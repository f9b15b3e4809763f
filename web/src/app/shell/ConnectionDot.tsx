import Box from "@mui/material/Box";
import Tooltip from "@mui/material/Tooltip";
import { useTranslation } from "react-i18next";
import { useLiveState } from "@/live/hooks";
import { useNow } from "@/live/now";
import "@/i18n/shell";

const COLOURS = {
  off: "text.disabled",
  connecting: "warning.main",
  live: "success.main",
  reconnecting: "warning.main",
  polling: "warning.main",
  offline: "error.main",
  paused: "text.disabled",
} as const;

/** The state of the live connection, in words; the colour only repeats them. */
export function ConnectionDot() {
  const { t } = useTranslation();
  const { status, retryAt } = useLiveState();
  const now = useNow();
  const seconds = retryAt === null ? 0 : Math.max(0, Math.ceil((retryAt - now) / 1000));
  const label =
    status === "reconnecting" && seconds > 0
      ? t("shell.connection.reconnectingIn", { seconds })
      : t(`shell.connection.${status}`);
  return (
    <Tooltip title={t(`shell.connectionLong.${status}`)}>
      <Box
        role="status"
        aria-live="off"
        data-status={status}
        sx={{ display: "inline-flex", alignItems: "center", gap: 0.75, px: 0.5, fontSize: "0.8125rem", fontWeight: 600, color: "text.secondary", whiteSpace: "nowrap" }}
      >
        <Box aria-hidden sx={{ width: 8, height: 8, borderRadius: "50%", bgcolor: COLOURS[status] }} />
        {label}
      </Box>
    </Tooltip>
  );
}
