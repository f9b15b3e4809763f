import "@/i18n/alerts";
import "@/i18n/conditions";
import Accordion from "@mui/material/Accordion";
import AccordionDetails from "@mui/material/AccordionDetails";
import AccordionSummary from "@mui/material/AccordionSummary";
import ExpandMoreRounded from "@mui/icons-material/ExpandMoreRounded";
import Checkbox from "@mui/material/Checkbox";
import FormControlLabel from "@mui/material/FormControlLabel";
import FormGroup from "@mui/material/FormGroup";
import FormLabel from "@mui/material/FormLabel";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import { lazy, Suspense, useId } from "react";
import { useTranslation } from "react-i18next";
import { messageFor, type Problem } from "@/api/problem";
import { Choose } from "@/ui/Choose";
import { BASES, CHANNELS, WINDOWS, type Member, type RuleFields } from "./rule";

const ExpressionField = lazy(() => import("@/ui/expression/ExpressionField"));

const PLACEHOLDERS = "{{ticker}} {{exchange}} {{open}} {{high}} {{low}} {{close}} {{volume}} {{time}} {{timenow}} {{interval}} {{plot_0}}";

/** What the API said is wrong with a value. */
export function refusedIn(problem: Problem | null, member: string): string | null {
  return problem === null ? null : messageFor(problem, member);
}

interface FieldsProps {
  fields: RuleFields;
  put: (more: Partial<RuleFields>) => void;
  problem: Problem | null;
}

/** One value that a condition takes. */
export function MemberField({ member, fields, put, bad, problem }: FieldsProps & { member: Member; bad: boolean }) {
  const { t } = useTranslation();
  if (member === "window") {
    return <Choose label={t("conditions.window")} value={fields.window} options={WINDOWS} nameOf={(name) => t(`conditions.windows.${name}`)} onChange={(window) => put({ window })} />;
  }
  if (member === "base") {
    return <Choose label={t("conditions.base")} value={fields.base} options={BASES} nameOf={(name) => t(`conditions.bases.${name}`)} onChange={(base) => put({ base: base as RuleFields["base"] })} />;
  }
  if (member === "expression") {
    const wrong = refusedIn(problem, "expression");
    return (
      <Suspense fallback={<Skeleton variant="rounded" height={240} sx={{ gridColumn: "1 / -1" }} />}>
        <ExpressionField
          label={t("conditions.expression")}
          value={fields.expression}
          hint={t("conditions.expressionHint")}
          error={bad ? t("conditions.expressionNeeded") : wrong}
          onWrite={(expression, interval) => put(interval === undefined ? { expression } : { expression, interval })}
        />
      </Suspense>
    );
  }
  const refused = refusedIn(problem, `rule/${member}`);
  const needed = t(member === "percent" ? "conditions.percentNeeded" : "conditions.priceNeeded");
  return (
    <TextField
      label={t(`conditions.${member}`)}
      value={fields[member]}
      onChange={(event) => put({ [member]: event.target.value })}
      error={bad || refused !== null}
      helperText={bad ? needed : refused}
      slotProps={{ htmlInput: { inputMode: "decimal", autoComplete: "off", className: "figures" } }}
    />
  );
}

/** What most alerts leave as it is: end, message, tags, note, channels. */
export function More({ fields, put, problem }: FieldsProps) {
  const { t } = useTranslation();
  const id = useId();
  const errorOf = (member: string) => refusedIn(problem, member);
  return (
    <Accordion disableGutters elevation={0} variant="outlined">
      <AccordionSummary expandIcon={<ExpandMoreRounded />} sx={{ font: "inherit" }}>{t("conditions.more")}</AccordionSummary>
      <AccordionDetails sx={{ display: "grid", gap: 2 }}>
        <TextField
          type="datetime-local"
          label={t("conditions.expires")}
          value={fields.expires}
          onChange={(event) => put({ expires: event.target.value })}
          error={errorOf("expires_at") !== null}
          helperText={errorOf("expires_at") ?? t("conditions.expiresHint")}
          slotProps={{ inputLabel: { shrink: true } }}
        />
        <TextField
          label={t("conditions.message")}
          value={fields.message}
          multiline
          maxRows={4}
          onChange={(event) => put({ message: event.target.value })}
          error={errorOf("message") !== null}
          helperText={errorOf("message") ?? t("conditions.messageHint", { names: PLACEHOLDERS })}
          slotProps={{ htmlInput: { maxLength: 1000 } }}
        />
        <TextField label={t("conditions.tags")} value={fields.tags} onChange={(event) => put({ tags: event.target.value })} error={errorOf("tags") !== null} helperText={errorOf("tags") ?? t("conditions.tagsHint")} />
        <TextField label={t("alerts.form.note")} value={fields.note} onChange={(event) => put({ note: event.target.value })} helperText={t("alerts.form.noteHint")} slotProps={{ htmlInput: { maxLength: 200 } }} />
        <FormGroup aria-labelledby={id} role="group">
          <FormLabel id={id}>{t("conditions.channels")}</FormLabel>
          <FormControlLabel control={<Checkbox checked={fields.channels === null} onChange={(_, on) => put({ channels: on ? null : [] })} />} label={t("conditions.byPreferences")} />
          {fields.channels !== null &&
            CHANNELS.map((name) => (
              <FormControlLabel
                key={name}
                label={t(`conditions.channel.${name}`)}
                control={
                  <Checkbox
                    checked={fields.channels?.includes(name) ?? false}
                    onChange={(_, on) => put({ channels: on ? [...(fields.channels ?? []), name] : (fields.channels ?? []).filter((each) => each !== name) })}
                  />
                }
              />
            ))}
        </FormGroup>
      </AccordionDetails>
    </Accordion>
  );
}
