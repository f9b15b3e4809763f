import Box from "@mui/material/Box";

export function ExchangeBadge({ exchange }: { exchange: string }) {
  return (
    <Box
      component="span"
      sx={{ px: 0.75, py: 0.125, borderRadius: 1, border: 1, borderColor: "divider", color: "text.secondary", fontSize: "0.6875rem", fontWeight: 600, letterSpacing: "0.02em" }}
    >
      {exchange}
    </Box>
  );
}
