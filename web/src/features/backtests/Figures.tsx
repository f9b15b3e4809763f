import Box from "@mui/material/Box";
import Card from "@mui/material/Card";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableRow from "@mui/material/TableRow";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { Section } from "@/ui/Section";
import { shown } from "./amounts";
import { FIRST, type Figure } from "./report";

/** The figures that one looks for first, large. */
export function Headline({ figures, currency }: { figures: Figure[]; currency: string }) {
  const first = FIRST.flatMap((name) => figures.filter((figure) => figure.name === name));
  return (
    <Box component="dl" sx={{ m: 0, display: "grid", gap: 1.5, gridTemplateColumns: { xs: "1fr 1fr", sm: "repeat(3, 1fr)", lg: `repeat(${Math.max(1, first.length)}, 1fr)` } }}>
      {first.map((figure) => (
        <Card key={figure.name} sx={{ p: 2 }}>
          <Typography component="dt" variant="caption" color="textSecondary">{figure.label}</Typography>
          <Typography component="dd" className="figures" sx={{ m: 0, fontSize: 22, fontWeight: 650 }}>{shown(figure, currency)}</Typography>
        </Card>
      ))}
    </Box>
  );
}

const GROUPS = ["return", "risk", "benchmark", "account", "trades"] as const;

/** Every figure with its formula, by what it is about; where there is none, why. */
export function Figures({ figures, currency }: { figures: Figure[]; currency: string }) {
  const { t } = useTranslation();
  return (
    <Section title={t("backtests.figures.title")} intro={t("backtests.figures.intro")}>
      <Box sx={{ columnCount: { xs: 1, md: 2 }, columnGap: 4 }}>
        {GROUPS.map((group) => (
          <Box key={group} sx={{ mb: 3 }}>
            <Typography variant="h3" sx={{ breakAfter: "avoid" }}>{t(`backtests.figures.groups.${group}`)}</Typography>
            <Table size="small" aria-label={t(`backtests.figures.groups.${group}`)}>
              <TableBody>
                {figures.filter((figure) => figure.group === group).map((figure) => (
                  <TableRow key={figure.name} sx={{ breakInside: "avoid" }}>
                    <TableCell component="th" scope="row" sx={{ pl: 0 }}>
                      {figure.label}
                      <Typography variant="caption" color="textSecondary" component="p">
                        {t("backtests.figures.from", { formula: figure.formula, source: figure.source })}
                      </Typography>
                    </TableCell>
                    <TableCell align="right" className="figures" sx={{ pr: 0 }}>
                      <Box component="span" sx={{ whiteSpace: figure.of === null ? "nowrap" : undefined }}>{shown(figure, currency)}</Box>
                      {figure.why_not !== null && (
                        <Typography variant="caption" color="textSecondary" component="p">{figure.why_not}</Typography>
                      )}
                    </TableCell>
                  </TableRow>
                ))}
              </TableBody>
            </Table>
          </Box>
        ))}
      </Box>
    </Section>
  );
}
