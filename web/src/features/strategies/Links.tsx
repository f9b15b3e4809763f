import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogContentText from "@mui/material/DialogContentText";
import DialogTitle from "@mui/material/DialogTitle";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useEndStrategyShareMutation, useListStrategySharesQuery, useShareStrategyMutation, type Strategy, type StrategyShare } from "@/api";
import { problemOf } from "@/api/problem";
import { CopyButton } from "@/ui/CopyButton";
import { DataState } from "@/ui/DataState";
import { useProblemText } from "@/ui/problemText";
import { Row } from "@/ui/Row";
import { Section } from "@/ui/Section";
import { Time } from "@/ui/Time";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import "@/i18n/strategies";

/** The links by which others see a version. The secret stands behind the #, so that no server is told of it by an address. */
export function Links({ strategy }: { strategy: Strategy }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const query = useListStrategySharesQuery({ strategyId: strategy.id });
  const [link, setLink] = useState<string | null>(null);
  const [share, { isLoading }] = useShareStrategyMutation();

  async function make() {
    const answer = await share({ strategyId: strategy.id, signalsShareCreate: { number: strategy.version.number } });
    if (answer.error !== undefined) {
      const problem = problemOf(answer.error);
      return toastProblem(textOf(problem), problem);
    }
    return setLink(`${location.origin}/strategies/shared#${answer.data.secret}`);
  }

  return (
    <Section
      title={t("strategies.share.title")}
      intro={t("strategies.share.intro")}
      actions={
        <WriteButton variant="outlined" loading={isLoading} onClick={() => void make()}>
          {t("strategies.share.make", { number: strategy.version.number })}
        </WriteButton>
      }
    >
      <DataState
        query={query}
        what={t("strategies.what.shares")}
        skeleton={<Skeleton variant="rounded" height={60} />}
        isEmpty={({ items }) => items.length === 0}
        empty={<Typography variant="body2" color="textSecondary">{t("strategies.share.none")}</Typography>}
      >
        {({ items }) => (
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {items.map((one) => <LinkRow key={one.id} strategy={strategy} share={one} />)}
          </Box>
        )}
      </DataState>
      <NewLink link={link} onKept={() => setLink(null)} />
    </Section>
  );
}

function LinkRow({ strategy, share }: { strategy: Strategy; share: StrategyShare }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [end, { isLoading }] = useEndStrategyShareMutation();

  async function endIt() {
    const { error } = await end({ strategyId: strategy.id, shareId: share.id });
    if (error === undefined) return toastSuccess(t("strategies.share.ended"));
    const problem = problemOf(error);
    return toastProblem(textOf(problem), problem);
  }

  return (
    <Row
      title={t("strategies.share.link", { number: share.number })}
      actions={<WriteButton size="small" color="error" loading={isLoading} onClick={() => void endIt()}>{t("strategies.share.end")}</WriteButton>}
    >
      <Typography variant="body2" color="textSecondary">
        <Time iso={share.created_at} />
        {share.expires_at !== null && <> · {t("strategies.share.until")} <Time iso={share.expires_at} absolute /></>}
      </Typography>
    </Row>
  );
}

function NewLink({ link, onKept }: { link: string | null; onKept: () => void }) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <Dialog open={link !== null} aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`} maxWidth="sm" fullWidth>
      <DialogTitle id={`${id}-title`}>{t("strategies.share.onceTitle")}</DialogTitle>
      <DialogContent>
        <DialogContentText id={`${id}-text`} sx={{ mb: 2 }}>{t("strategies.share.onceText")}</DialogContentText>
        <TextField fullWidth multiline label={t("strategies.share.field")} value={link ?? ""} slotProps={{ htmlInput: { readOnly: true, className: "figures" } }} sx={{ mt: 1 }} />
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2.5 }}>
        <CopyButton text={link ?? ""} label={t("strategies.share.copy")} />
        <Button variant="contained" onClick={onKept}>{t("strategies.share.done")}</Button>
      </DialogActions>
    </Dialog>
  );
}
