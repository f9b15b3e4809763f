import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";

/** One way to reach a person: what it is, how it stands, what can be done with it. */
export function Contact({ label, value, note, actions }: { label: string; value: string; note?: ReactNode; actions: ReactNode }) {
  return (
    <Box sx={{ display: "flex", alignItems: "center", flexWrap: "wrap", gap: 1.5, pt: 2, mt: 2, borderTop: 1, borderColor: "divider" }}>
      <Box sx={{ flex: 1, minWidth: 180 }}>
        <Typography variant="caption" color="textSecondary" component="p">
          {label}
        </Typography>
        <Typography sx={{ overflowWrap: "anywhere" }}>{value}</Typography>
        {note !== undefined && (
          <Typography variant="body2" color="textSecondary" component="div">
            {note}
          </Typography>
        )}
      </Box>
      {actions}
    </Box>
  );
}
