import Box from "@mui/material/Box";
import Chip from "@mui/material/Chip";
import { useTranslation } from "react-i18next";
import type { NoticeItem } from "@/api";

const COLOURS = { queued: "default", sent: "success", delivered: "success", bounced: "error", failed: "error", suppressed: "default", collected: "default", digested: "success" } as const;

/** What became of a notice by each channel, with the reason where it did not arrive. */
export function Ledger({ deliveries }: { deliveries: NoticeItem["deliveries"] }) {
  const { t } = useTranslation();
  if (deliveries.length === 0) return null;
  return (
    <Box component="ul" sx={{ listStyle: "none", m: 0, mt: 0.75, p: 0, display: "flex", flexWrap: "wrap", gap: 0.75 }}>
      {deliveries.map(({ channel, status, reason }, number) => {
        const words = { channel: t(`notifications.channels.${channel}`), state: t(`notifications.states.${status}`) };
        return (
          <li key={number}>
            <Chip
              size="small"
              variant="outlined"
              color={COLOURS[status]}
              label={reason === null || status === "sent" ? t("notifications.state", words) : t("notifications.reasoned", { ...words, reason })}
              sx={{ height: "auto", "& .MuiChip-label": { whiteSpace: "normal", py: 0.25 } }}
            />
          </li>
        );
      })}
    </Box>
  );
}
