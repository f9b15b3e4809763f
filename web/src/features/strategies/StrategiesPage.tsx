import AddRounded from "@mui/icons-material/AddRounded";
import AutoGraphRounded from "@mui/icons-material/AutoGraphRounded";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import Stack from "@mui/material/Stack";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useListStrategiesQuery, useListStrategyTemplatesQuery, type Strategy, type StrategyTemplate } from "@/api";
import { DataState } from "@/ui/DataState";
import { Panel } from "@/ui/Notices";
import { PageTitle } from "@/ui/PageTitle";
import { Section } from "@/ui/Section";
import { Indicators } from "./Indicators";
import "@/i18n/strategies";

const SHOWN = 100;
const LIST = { listStyle: "none", m: 0, p: 0 } as const;
const ITEM = { px: { xs: 2, sm: 3 }, py: 2, borderTop: 1, borderColor: "divider", "&:first-of-type": { borderTop: 0 } } as const;

/** One's strategies, the templates that one may begin from, and one's named expressions. */
export default function StrategiesPage() {
  const { t } = useTranslation();
  const query = useListStrategiesQuery({ limit: SHOWN });
  const templates = useListStrategyTemplatesQuery();
  return (
    <Box sx={{ maxWidth: 960, mx: "auto" }}>
      <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", justifyContent: "space-between", gap: 1.5 }}>
        <PageTitle title={t("strategies.title")}>{t("strategies.title")}</PageTitle>
        <Box sx={{ display: "flex", gap: 1 }}>
          <Button component={Link} to="/screener">{t("strategies.screener")}</Button>
          <Button component={Link} to="/strategies/new" variant="contained" startIcon={<AddRounded />}>{t("strategies.new")}</Button>
        </Box>
      </Box>
      <Typography color="textSecondary" sx={{ mt: 1, mb: 2 }}>{t("strategies.intro")}</Typography>
      <Stack sx={{ gap: 2.5 }}>
        <Card>
          <DataState
            query={query}
            what={t("strategies.what.strategies")}
            skeleton={<Skeleton variant="rounded" height={160} sx={{ m: 2.5 }} />}
            isEmpty={({ items }) => items.length === 0}
            empty={<Panel icon={<AutoGraphRounded />} title={t("strategies.none")}>{t("strategies.noneText")}</Panel>}
          >
            {({ items }) => (
              <Box component="ul" sx={LIST}>
                {items.map((strategy) => <Own key={strategy.id} strategy={strategy} />)}
              </Box>
            )}
          </DataState>
        </Card>
        <Section title={t("strategies.templates.title")} intro={t("strategies.templates.intro")} flush>
          <DataState query={templates} what={t("strategies.what.templates")} skeleton={<Skeleton variant="rounded" height={320} sx={{ m: 2.5 }} />}>
            {({ items }) => (
              <Box component="ul" sx={LIST}>
                {items.map((template) => <Begin key={template.key} template={template} />)}
              </Box>
            )}
          </DataState>
        </Section>
        <Indicators />
      </Stack>
    </Box>
  );
}

function Own({ strategy }: { strategy: Strategy }) {
  const { t } = useTranslation();
  const { version } = strategy;
  return (
    <Box component="li" sx={ITEM} data-strategy-id={strategy.id}>
      <MuiLink component={Link} to={`/strategies/${strategy.id}`} sx={{ fontWeight: 650 }}>{strategy.name}</MuiLink>
      <Typography variant="body2" className="figures" sx={{ mt: 0.5, overflowWrap: "anywhere" }}>{version.words}</Typography>
      <Typography variant="caption" color="textSecondary">
        {t("strategies.version", { number: version.number })} · {t("strategies.stocks", { count: version.instruments.length })}
      </Typography>
    </Box>
  );
}

function Begin({ template }: { template: StrategyTemplate }) {
  const { t } = useTranslation();
  return (
    <Box component="li" sx={{ ...ITEM, display: "grid", gap: 0.5 }}>
      <Typography sx={{ fontWeight: 650 }}>{template.name}</Typography>
      <Typography variant="body2">{template.about}</Typography>
      <Typography variant="body2" color="textSecondary" className="figures" sx={{ overflowWrap: "anywhere" }}>{template.words}</Typography>
      <Typography variant="caption" color="textSecondary">{t("strategies.templates.source", { source: template.source })}</Typography>
      <Button component={Link} to={`/strategies/new?template=${template.key}`} size="small" sx={{ justifySelf: "start", ml: -0.75 }}>
        {t("strategies.templates.use", { name: template.name })}
      </Button>
    </Box>
  );
}
