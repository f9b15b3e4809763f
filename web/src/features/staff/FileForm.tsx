import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { useRef, useState, type FormEvent, type ReactNode } from "react";
import { problemOf, type Problem } from "@/api/problem";
import { useProblemText } from "@/ui/problemText";
import { base64Of } from "./base64";

interface FileFormProps {
  /** Endings that the picker offers, as HTML's `accept`. */
  accept: string;
  maxBytes: number;
  texts: { choose: string; send: string; tooLarge: string };
  testId: string;
  isSending: boolean;
  /** Hand the file in. Where the API refuses it, the file stays chosen and the reason is shown. */
  send: (name: string, content: string) => Promise<{ error?: unknown }>;
  onSent?: () => void;
  /** What else is to be said of the file. */
  children: ReactNode;
}

/** A file of staff's, chosen and handed in as base64. */
export function FileForm({ accept, maxBytes, texts, testId, isSending, send, onSent, children }: FileFormProps) {
  const textOf = useProblemText();
  const picker = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const isTooLarge = file !== null && file.size > maxBytes;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (file === null || isTooLarge) return;
    setProblem(null);
    const answer = await send(file.name, await base64Of(file));
    if (answer.error !== undefined) setProblem(problemOf(answer.error));
    else {
      setFile(null);
      onSent?.();
    }
  }

  return (
    <Box component="form" onSubmit={(event: FormEvent) => void submit(event)} sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1.5 }}>
      <Button variant="outlined" onClick={() => picker.current?.click()} sx={{ maxWidth: "100%" }}>
        <Box component="span" sx={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
          {file?.name ?? texts.choose}
        </Box>
      </Button>
      <input
        ref={picker}
        type="file"
        hidden
        data-testid={testId}
        accept={accept}
        onChange={(event) => {
          setFile(event.target.files?.[0] ?? null);
          event.target.value = "";
        }}
      />
      {children}
      <Button type="submit" variant="contained" disabled={file === null || isTooLarge} loading={isSending}>
        {texts.send}
      </Button>
      {(isTooLarge || problem !== null) && (
        <Alert severity="error" role="alert" sx={{ width: 1 }}>
          {problem === null ? texts.tooLarge : (problem.errors[0]?.message ?? textOf(problem))}
        </Alert>
      )}
    </Box>
  );
}
