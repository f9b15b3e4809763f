import Box from "@mui/material/Box";
import { keyframes } from "@mui/material/styles";

const appear = keyframes({ from: { opacity: 0 }, to: { opacity: 1 } });

/** While a page's code is on its way: its room, and after a moment a thin line. */
export function Waiting() {
  return (
    <Box aria-busy="true" sx={{ minHeight: "60vh" }}>
      <Box
        aria-hidden
        sx={{ position: "fixed", insetInline: 0, top: 0, height: 2, zIndex: "tooltip", bgcolor: "primary.main", animation: `${appear} 400ms 300ms both` }}
      />
    </Box>
  );
}
