import Box from "@mui/material/Box";
import Card from "@mui/material/Card";
import Typography from "@mui/material/Typography";
import { useId, type ReactNode } from "react";

interface SectionProps {
  title: string;
  /** A sentence below the title. */
  intro?: ReactNode;
  /** At the end of the title's line, such as a button. */
  actions?: ReactNode;
  /** The content reaches the card's edges, as lists and tables do. */
  flush?: boolean;
  children: ReactNode;
}

const INSET = { xs: 2, sm: 3 };

/** A part of a page with a title of its own, in a card. */
export function Section({ title, intro, actions, flush = false, children }: SectionProps) {
  const id = useId();
  return (
    <Card component="section" aria-labelledby={id} sx={{ minWidth: 0, ...(flush ? { pt: INSET } : { p: INSET }) }}>
      <Box sx={{ display: "flex", justifyContent: "space-between", alignItems: "start", flexWrap: "wrap", gap: 1.5, mb: 2, px: flush ? INSET : 0 }}>
        <div>
          <Typography id={id} variant="h2">
            {title}
          </Typography>
          {intro !== undefined && (
            <Typography variant="body2" color="textSecondary">
              {intro}
            </Typography>
          )}
        </div>
        {actions}
      </Box>
      {children}
    </Card>
  );
}
