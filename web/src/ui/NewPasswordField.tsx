import Box from "@mui/material/Box";
import LinearProgress from "@mui/material/LinearProgress";
import Typography from "@mui/material/Typography";
import { useEffect, useState } from "react";
import type { UseFormRegisterReturn } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { useScorePasswordMutation } from "@/api";
import { PasswordField } from "./PasswordField";
import { useDebounced } from "./useDebounced";
import "@/i18n/profile";

export const SHORTEST_PASSWORD = 8;
export const LONGEST_PASSWORD = 128;

const RESTS_MS = 400;
const COLOURS = ["error", "error", "warning", "success", "success"] as const;
const SCORES = [0, 1, 2, 3, 4] as const;

interface NewPasswordFieldProps {
  label: string;
  password: string;
  error?: string;
  field: UseFormRegisterReturn;
  /** What is known of the person: each word of it makes a password easier to guess. */
  owner?: { email?: string; first_name?: string; last_name?: string };
}

/** A password to be: the field, and what the server's own rule says of it while it is typed. */
export function NewPasswordField({ label, password, error, field, owner }: NewPasswordFieldProps) {
  const { t } = useTranslation();
  const verdict = useVerdict(password, owner);
  const missing = SHORTEST_PASSWORD - password.length;
  const score = SCORES[verdict?.score ?? 0] ?? 0;
  const words =
    password === ""
      ? t("profile.meter.rule", { count: SHORTEST_PASSWORD })
      : missing > 0
        ? t("profile.meter.short", { count: missing })
        : verdict === null
          ? ""
          : t("profile.meter.refused", { score: t(`profile.meter.scores.${score}`), advice: verdict.good_enough ? "" : verdict.advice });
  return (
    <Box sx={{ display: "grid", gap: 1 }}>
      <PasswordField label={label} autoComplete="new-password" error={error !== undefined} helperText={error} {...field} />
      {password !== "" && (
        <LinearProgress
          aria-hidden
          variant="determinate"
          color={missing > 0 ? "error" : COLOURS[score]}
          value={missing > 0 ? (password.length / SHORTEST_PASSWORD) * 20 : 20 + score * 20}
          sx={{ borderRadius: 2 }}
        />
      )}
      <Typography variant="caption" color="textSecondary" component="p" role="status" sx={{ minHeight: "1.25rem" }}>
        {words}
      </Typography>
    </Box>
  );
}

/** The server's verdict on what rested for a moment; null while there is none. An API that is away leaves the meter still. */
function useVerdict(password: string, owner: NewPasswordFieldProps["owner"]) {
  const [score, { data }] = useScorePasswordMutation();
  const [scored, setScored] = useState("");
  const rested = useDebounced(password, RESTS_MS);
  const { email = "", first_name = "", last_name = "" } = owner ?? {};
  useEffect(() => {
    if (rested.length < SHORTEST_PASSWORD || rested.length > LONGEST_PASSWORD) return;
    const known = { email: email.slice(0, 254), first_name: first_name.trim() || null, last_name: last_name.trim() || null };
    void score({ authStrengthIn: { password: rested, ...known } }).then(() => setScored(rested));
  }, [rested, email, first_name, last_name, score]);
  return data !== undefined && scored === password ? data : null;
}
