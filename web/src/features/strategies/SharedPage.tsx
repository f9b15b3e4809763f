import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import Stack from "@mui/material/Stack";
import Typography from "@mui/material/Typography";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useNavigate } from "react-router";
import { useCopySharedStrategyMutation, useShowSharedStrategyMutation, useShowSharedTrackRecordMutation } from "@/api";
import { newIdempotencyKey } from "@/api/idempotency";
import { problemOf } from "@/api/problem";
import { Refusal } from "@/ui/Refusal";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import { Section } from "@/ui/Section";
import { toastSuccess } from "@/ui/toasts";
import { TrackRecord } from "@/ui/TrackRecord";
import { WriteButton } from "@/ui/WriteButton";
import "@/i18n/strategies";

/** What a link shows: one version, to be read and to be copied. */
export default function SharedPage() {
  const { t } = useTranslation();
  const secret = useLocation().hash.slice(1);
  return (
    <Box sx={{ maxWidth: 860, mx: "auto" }}>
      <PageTitle title={t("strategies.share.pageTitle")}>{t("strategies.share.pageTitle")}</PageTitle>
      <Box sx={{ mt: 2 }}>{secret === "" ? <Alert severity="info">{t("strategies.share.missing")}</Alert> : <Stack sx={{ gap: 2.5 }}><Shown key={secret} secret={secret} /><Record key={`record ${secret}`} secret={secret} /></Stack>}</Box>
    </Box>
  );
}

function Shown({ secret }: { secret: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [show, { data, error }] = useShowSharedStrategyMutation();
  const [copy, copying] = useCopySharedStrategyMutation();
  const refetch = () => show({ signalsSharedIn: { secret } });
  useEffect(() => {
    const asked = show({ signalsSharedIn: { secret } });
    return () => asked.abort();
  }, [secret, show]);

  async function take() {
    const answer = await copy({ "idempotency-key": newIdempotencyKey(), signalsSharedCopy: { secret } });
    if (answer.error !== undefined) return;
    toastSuccess(t("strategies.detail.copied"), { description: answer.data.name });
    await navigate(`/strategies/${answer.data.id}`);
  }

  return (
    <DataState query={{ data, error, refetch }} what={t("strategies.what.shared")} skeleton={<Skeleton variant="rounded" height={200} />}>
      {(shared) => (
        <Section title={shared.name} intro={t("strategies.version", { number: shared.number })}>
          {shared.about !== "" && <Typography sx={{ mb: 1.5, whiteSpace: "pre-line", overflowWrap: "anywhere" }}>{shared.about}</Typography>}
          <Typography className="figures" sx={{ overflowWrap: "anywhere" }}>{shared.words}</Typography>
          <Typography variant="body2" color="textSecondary" sx={{ my: 1.5, overflowWrap: "anywhere" }}>
            {t("strategies.detail.trades", { names: shared.instruments.join(", ") })}
          </Typography>
          {copying.error !== undefined && <Box sx={{ mb: 1.5 }}><Refusal problem={problemOf(copying.error)} /></Box>}
          <WriteButton variant="contained" loading={copying.isLoading} onClick={() => void take()}>{t("strategies.share.take")}</WriteButton>
        </Section>
      )}
    </DataState>
  );
}

function Record({ secret }: { secret: string }) {
  const { t } = useTranslation();
  const [show, { data }] = useShowSharedTrackRecordMutation();
  useEffect(() => {
    const asked = show({ signalsSharedIn: { secret } });
    return () => asked.abort();
  }, [secret, show]);
  // What is wrong with the link is told above.
  if (data === undefined) return null;
  return data.signals === 0 ? <Typography variant="body2" color="textSecondary">{t("strategies.share.noSignal")}</Typography> : <TrackRecord record={data} />;
}
