import Box from "@mui/material/Box";
import Chip from "@mui/material/Chip";
import LinearProgress from "@mui/material/LinearProgress";
import Typography from "@mui/material/Typography";

interface ImportRowProps {
  fileName: string;
  state: string;
  isFailed: boolean;
  /** How far a running import is: 0 to 1, and in words. */
  progress: { part: number; words: string } | null;
  lines: readonly string[];
}

/** One import of a file, in a list of them: its state, how far it is, and what it brought. */
export function ImportRow({ fileName, state, isFailed, progress, lines }: ImportRowProps) {
  return (
    <Box component="li" sx={{ px: 2.5, py: 1.5, borderTop: 1, borderColor: "divider" }}>
      <Box sx={{ display: "flex", justifyContent: "space-between", gap: 1 }}>
        <Typography sx={{ fontWeight: 650, minWidth: 0, overflowWrap: "anywhere" }}>{fileName}</Typography>
        <Chip size="small" variant="outlined" color={isFailed ? "error" : "default"} label={state} />
      </Box>
      {progress !== null && (
        <Box sx={{ my: 1 }}>
          <Typography variant="caption" className="figures">
            {progress.words}
          </Typography>
          <LinearProgress variant="determinate" value={progress.part * 100} aria-label={progress.words} />
        </Box>
      )}
      {lines.map((line) => (
        <Typography key={line} variant="body2" color="textSecondary" sx={{ overflowWrap: "anywhere" }}>
          {line}
        </Typography>
      ))}
    </Box>
  );
}
