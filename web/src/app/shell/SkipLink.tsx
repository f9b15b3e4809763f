import { styled } from "@mui/material/styles";
import type { ReactNode } from "react";

const Link = styled("a")(({ theme }) => ({
  position: "fixed",
  top: 8,
  left: 8,
  zIndex: theme.zIndex.tooltip,
  padding: "10px 16px",
  borderRadius: 10,
  fontWeight: 600,
  color: theme.vars.palette.primary.contrastText,
  backgroundColor: theme.vars.palette.primary.main,
  transform: "translateY(-200%)",
  "&:focus": { transform: "none" },
}));

/** The first stop of the Tab key: past the navigation, to the page. */
export function SkipLink({ children }: { children: ReactNode }) {
  return <Link href="#main">{children}</Link>;
}
