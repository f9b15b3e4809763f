import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useChangeSmsTextMutation, useListSmsTextsQuery, type SmsText } from "@/api";
import { problemOf, type Problem } from "@/api/problem";
import { addTexts } from "@/i18n";
import { smsTexts } from "@/i18n/en/smsTexts";
import { DataState } from "@/ui/DataState";
import { Section } from "@/ui/Section";
import { StaffPage } from "@/ui/StaffPage";
import { Time } from "@/ui/Time";
import { toastSuccess } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import { ReasonDialog } from "@/ui/ReasonDialog";

addTexts({ smsTexts });

/** Staff: what short messages are written by, as it is registered with the operators. */
export default function SmsTextsPage() {
  const { t } = useTranslation();
  const query = useListSmsTextsQuery();
  return (
    <StaffPage title={t("smsTexts.title")}>
      <Typography color="textSecondary" sx={{ mb: 2.5 }}>
        {t("smsTexts.intro")}
      </Typography>
      <DataState query={query} what={t("smsTexts.what")} skeleton={<Skeleton variant="rounded" height={320} />}>
        {({ items }) => (
          <Box sx={{ display: "grid", gap: 3 }}>
            {items.map((one) => (
              <Text key={one.kind} one={one} />
            ))}
          </Box>
        )}
      </DataState>
    </StaffPage>
  );
}

function Text({ one }: { one: SmsText }) {
  const { t } = useTranslation();
  const [isChanging, setChanging] = useState(false);
  const kind = t(`smsTexts.kinds.${one.kind}`);
  return (
    <Section
      title={kind}
      actions={
        <WriteButton size="small" variant="outlined" onClick={() => setChanging(true)} aria-label={t("smsTexts.changeOf", { kind })}>
          {t("smsTexts.change")}
        </WriteButton>
      }
    >
      <Box component="dl" sx={{ m: 0, display: "grid", gap: 1 }}>
        <Fact label={t("smsTexts.registered")}>{one.registered}</Fact>
        <Fact label={t("smsTexts.example")}>
          {one.example} ({t("smsTexts.parts", { count: one.parts })})
        </Fact>
        <Fact label={t("smsTexts.templateId")}>{one.template_id ?? t("smsTexts.noTemplate")}</Fact>
        <Fact label={t("smsTexts.sender")}>{one.sender ?? t("smsTexts.senderOfSettings")}</Fact>
        <Fact label={t("smsTexts.changed")}>{one.set_at === null ? t("smsTexts.builtIn") : <Time iso={one.set_at} absolute />}</Fact>
      </Box>
      {isChanging && <ChangeText one={one} kind={kind} onClose={() => setChanging(false)} />}
    </Section>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Box sx={{ display: "grid", gridTemplateColumns: { xs: "1fr", sm: "140px 1fr" }, columnGap: 1.5 }}>
      <Typography component="dt" variant="body2" color="textSecondary">
        {label}
      </Typography>
      <Typography component="dd" variant="body2" sx={{ m: 0, minWidth: 0, overflowWrap: "anywhere" }}>
        {children}
      </Typography>
    </Box>
  );
}

function ChangeText({ one, kind, onClose }: { one: SmsText; kind: string; onClose: () => void }) {
  const { t } = useTranslation();
  const [change] = useChangeSmsTextMutation();
  const [typed, setTyped] = useState({ text: one.text, template_id: one.template_id ?? "", sender: one.sender ?? "" });
  const [problem, setProblem] = useState<Problem | null>(null);
  const fields = [
    { name: "text", label: t("smsTexts.text"), longest: 500 },
    { name: "template_id", label: t("smsTexts.templateLabel"), longest: 25 },
    { name: "sender", label: t("smsTexts.senderLabel"), longest: 11 },
  ] as const;
  const problemAt = (name: string) => problem?.errors?.find(({ field }) => field === `/${name}`)?.message;

  async function send(reason: string): Promise<Problem | null> {
    const alertsSmsTextIn = {
      text: typed.text,
      template_id: typed.template_id.trim() || null,
      sender: typed.sender.trim() || null,
      version: one.version,
      reason,
    };
    const answer = await change({ kind: one.kind, alertsSmsTextIn });
    if (answer.error === undefined) {
      toastSuccess(t("smsTexts.saved"));
      return null;
    }
    const refused = problemOf(answer.error);
    setProblem(refused);
    return refused;
  }

  return (
    <ReasonDialog
      title={t("smsTexts.changeOf", { kind })}
      consequence={t("smsTexts.consequence", { slots: one.slots.map((slot) => `{${slot}}`).join(", ") })}
      confirmLabel={t("smsTexts.change")}
      onConfirm={send}
      onClose={onClose}
    >
      {fields.map(({ name, label, longest }) => (
        <TextField
          key={name}
          label={label}
          multiline={name === "text"}
          value={typed[name]}
          onChange={(event) => setTyped({ ...typed, [name]: event.target.value })}
          error={problemAt(name) !== undefined}
          helperText={problemAt(name)}
          slotProps={{ htmlInput: { maxLength: longest } }}
        />
      ))}
    </ReasonDialog>
  );
}
