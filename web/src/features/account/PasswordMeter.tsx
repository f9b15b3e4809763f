import Box from "@mui/material/Box";
import LinearProgress from "@mui/material/LinearProgress";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { SHORTEST_PASSWORD, strengthOf } from "./passwordRules";

const COLOURS = { weak: "error", fair: "warning", good: "success" } as const;
const SHARES = { weak: 33, fair: 66, good: 100 } as const;

/** What the password still lacks, and how strong it looks, while it is typed. */
export function PasswordMeter({ password }: { password: string }) {
  const { t } = useTranslation();
  const missing = SHORTEST_PASSWORD - password.length;
  const level = strengthOf(password);
  const text =
    password === ""
      ? t("account.register.passwordRule", { count: SHORTEST_PASSWORD })
      : missing > 0
        ? t("account.register.passwordShort", { count: missing })
        : t("account.register.strength", { level: t(`account.register.${level}`) });
  return (
    <Box sx={{ mt: -1 }}>
      {password !== "" && (
        <LinearProgress
          aria-hidden
          variant="determinate"
          color={COLOURS[level]}
          value={missing > 0 ? (password.length / SHORTEST_PASSWORD) * 33 : SHARES[level]}
          sx={{ borderRadius: 2, mb: 0.75 }}
        />
      )}
      <Typography id="password-hint" variant="caption" color="textSecondary" component="p">
        {text}
      </Typography>
    </Box>
  );
}
