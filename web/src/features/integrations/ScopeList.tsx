import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { textKeyOf } from "./scopes";

/** Scopes in plain words. */
export function ScopeList({ scopes }: { scopes: string[] }) {
  const { t } = useTranslation();
  return (
    <Box component="ul" sx={{ m: 0, pl: 2.5 }}>
      {scopes.map((scope) => {
        const key = textKeyOf(scope);
        return (
          <Typography key={scope} component="li" variant="body2">
            {key === null ? scope : t(key)}
          </Typography>
        );
      })}
    </Box>
  );
}
