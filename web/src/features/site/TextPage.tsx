import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { PageTitle } from "@/ui/PageTitle";

interface TextPageProps {
  title: string;
  note?: string;
  sections: readonly { title: string; text: string }[];
}

/** A page to read: terms, privacy, risk, help. */
export function TextPage({ title, note, sections }: TextPageProps) {
  return (
    <Box component="article" sx={{ maxWidth: 720, mx: "auto", px: { xs: 2, sm: 3 }, py: { xs: 4, md: 7 } }}>
      <PageTitle title={title}>{title}</PageTitle>
      {note !== undefined && (
        <Typography variant="body2" color="textSecondary" sx={{ mt: 1 }}>
          {note}
        </Typography>
      )}
      {sections.map((section) => (
        <Box component="section" key={section.title} sx={{ mt: 4 }}>
          <Typography variant="h2">{section.title}</Typography>
          <Typography color="textSecondary" sx={{ mt: 1 }}>
            {section.text}
          </Typography>
        </Box>
      ))}
    </Box>
  );
}
