import ErrorRounded from "@mui/icons-material/ErrorRounded";
import MarkEmailReadRounded from "@mui/icons-material/MarkEmailReadRounded";
import ScheduleSendRounded from "@mui/icons-material/ScheduleSendRounded";
import UnsubscribeRounded from "@mui/icons-material/UnsubscribeRounded";
import Box from "@mui/material/Box";
import { useTranslation } from "react-i18next";
import type { TriggeredAlert } from "@/api";
import "@/i18n/alerts";

const LOOKS = {
  queued: { icon: ScheduleSendRounded, colour: "text.secondary" },
  sent: { icon: MarkEmailReadRounded, colour: "success.main" },
  delivered: { icon: MarkEmailReadRounded, colour: "success.main" },
  bounced: { icon: ErrorRounded, colour: "error.main" },
  suppressed: { icon: UnsubscribeRounded, colour: "text.secondary" },
  collected: { icon: ScheduleSendRounded, colour: "text.secondary" },
  digested: { icon: MarkEmailReadRounded, colour: "success.main" },
  failed: { icon: ErrorRounded, colour: "error.main" },
} as const;

/** What became of an alert's mail. */
export function MailState({ status }: { status: TriggeredAlert["email_status"] }) {
  const { t } = useTranslation();
  const { icon: Icon, colour } = LOOKS[status];
  return (
    <Box component="span" sx={{ display: "inline-flex", alignItems: "center", gap: 0.75, fontSize: "0.8125rem", fontWeight: 600, color: colour }}>
      <Icon aria-hidden sx={{ fontSize: 18 }} />
      {t(`alerts.mail.${status}`)}
    </Box>
  );
}
