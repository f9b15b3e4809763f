import Button from "@mui/material/Button";
import { useState } from "react";
import { useTranslation } from "react-i18next";

/** Puts a short text on the clipboard and says so. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  return (
    <Button
      size="small"
      variant="text"
      onClick={async () => {
        await navigator.clipboard.writeText(text);
        setCopied(true);
      }}
    >
      <span aria-live="polite">{copied ? t("ui.copied") : label}</span>
    </Button>
  );
}
