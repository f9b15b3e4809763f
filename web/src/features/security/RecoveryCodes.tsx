import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import GlobalStyles from "@mui/material/GlobalStyles";
import { useTranslation } from "react-i18next";
import { CopyButton } from "@/ui/CopyButton";
import "@/i18n/account";

/** On paper there are the codes and nothing else. */
const PRINT = {
  "@media print": {
    "body *": { visibility: "hidden" },
    "#recovery-codes, #recovery-codes *": { visibility: "visible" },
    "#recovery-codes": { position: "fixed", inset: 0 },
  },
} as const;

/** Recovery codes, which are shown this once. */
export function RecoveryCodes({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  const { t } = useTranslation();
  const text = codes.join("\n");

  function download() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`ShareWise\n\n${text}\n`], { type: "text/plain" }));
    link.download = "sharewise-recovery-codes.txt";
    link.click();
    URL.revokeObjectURL(link.href);
  }

  return (
    <Box sx={{ display: "grid", gap: 2 }}>
      <GlobalStyles styles={PRINT} />
      <Alert severity="warning">{t("account.security.recovery.shown")}</Alert>
      <Box
        component="ul"
        id="recovery-codes"
        aria-label={t("account.security.recovery.title")}
        sx={{ listStyle: "none", m: 0, p: 2, display: "grid", gap: 1, gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" }, border: 1, borderColor: "divider", borderRadius: 2 }}
      >
        {codes.map((code) => (
          <Box component="li" key={code} sx={{ fontFamily: "monospace", fontSize: "0.9375rem", overflowWrap: "anywhere" }}>
            {code}
          </Box>
        ))}
      </Box>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1 }}>
        <CopyButton text={text} label={t("account.security.recovery.copy")} />
        <Button size="small" onClick={download}>
          {t("account.security.recovery.download")}
        </Button>
        <Button size="small" onClick={() => window.print()}>
          {t("account.security.recovery.print")}
        </Button>
        <Button size="small" variant="contained" onClick={onKept} sx={{ ml: "auto" }}>
          {t("account.security.recovery.kept")}
        </Button>
      </Box>
    </Box>
  );
}
