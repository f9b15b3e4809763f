import Box from "@mui/material/Box";
import Card from "@mui/material/Card";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";
import { PageTitle } from "./PageTitle";

/** A page that asks for one thing: a card in the middle. */
export function Narrow({ title, heading, text, children, below }: { title: string; heading: string; text?: ReactNode; children: ReactNode; below?: ReactNode }) {
  return (
    <Box sx={{ maxWidth: 460, mx: "auto", px: 2, py: { xs: 4, sm: 8 } }}>
      <Card sx={{ p: { xs: 3, sm: 4 } }}>
        <PageTitle title={title}>{heading}</PageTitle>
        {text !== undefined && (
          <Typography color="textSecondary" sx={{ mt: 0.75 }}>
            {text}
          </Typography>
        )}
        <Box sx={{ mt: 3 }}>{children}</Box>
      </Card>
      {below !== undefined && (
        <Typography component="div" variant="body2" color="textSecondary" sx={{ mt: 3, textAlign: "center" }}>
          {below}
        </Typography>
      )}
    </Box>
  );
}
