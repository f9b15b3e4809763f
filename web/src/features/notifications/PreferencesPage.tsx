import { addTexts } from "@/i18n";
import { notifications } from "@/i18n/en/notifications";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import FormControlLabel from "@mui/material/FormControlLabel";
import MenuItem from "@mui/material/MenuItem";
import Skeleton from "@mui/material/Skeleton";
import Switch from "@mui/material/Switch";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import {
  useChangeNotificationPreferencesMutation,
  useShowNotificationPreferencesQuery,
  type NoticeWishes,
  type NoticeWishesChange,
} from "@/api";
import { problemOf } from "@/api/problem";
import { Section } from "@/ui/Section";
import { DataState } from "@/ui/DataState";
import { PageTitle } from "@/ui/PageTitle";
import { useProblemText } from "@/ui/problemText";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { Addresses } from "./Addresses";

addTexts({ notifications });

const NIGHT = { begins: "22:00", ends: "07:00" };

/** How one is told of what: a way for each kind, quiet hours, the digest. Each change is saved at once. */
export default function PreferencesPage() {
  const { t } = useTranslation();
  const query = useShowNotificationPreferencesQuery();
  return (
    <Box sx={{ maxWidth: 760, mx: "auto" }}>
      <PageTitle title={t("notifications.preferences.title")}>{t("notifications.preferences.title")}</PageTitle>
      <Typography color="textSecondary">{t("notifications.preferences.intro")}</Typography>
      <Box sx={{ mt: 2.5 }}>
        <DataState query={query} what={t("notifications.preferences.what")} skeleton={<Skeleton variant="rounded" height={420} />}>
          {(held) => <Choices held={held} />}
        </DataState>
      </Box>
    </Box>
  );
}

function Choices({ held }: { held: NoticeWishes }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [change] = useChangeNotificationPreferencesMutation();

  async function save(wanted: NoticeWishesChange) {
    const answer = await change({ alertsPreferencesIn: wanted });
    if (answer.error === undefined) toastSuccess(t("notifications.preferences.saved"));
    else {
      const problem = problemOf(answer.error);
      toastProblem(textOf(problem), problem);
    }
  }

  const quiet = held.quiet_hours ?? NIGHT;
  return (
    <Box sx={{ display: "grid", gap: 2 }}>
      {held.kinds.map(({ kind, channels }) => (
        <Section key={kind} title={t(`notifications.kinds.${kind}`)}>
          <Typography variant="body2" color="textSecondary" sx={{ mb: 1.5 }}>
            {t(`notifications.preferences.about.${kind}`)}
          </Typography>
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {channels.map((cell) => (
              <Cell key={cell.channel} cell={cell} kind={kind} held={held} onSave={save} />
            ))}
          </Box>
        </Section>
      ))}
      <Section title={t("notifications.addresses.title")}>
        <Addresses />
      </Section>
      <Section title={t("notifications.preferences.quiet")}>
        <Typography variant="body2" color="textSecondary">
          {t("notifications.preferences.quietText")}
        </Typography>
        <FormControlLabel
          sx={{ my: 1 }}
          label={t("notifications.preferences.quietOn")}
          control={<Switch checked={held.quiet_hours !== null} onChange={(_, on) => void save({ quiet_hours: on ? NIGHT : null })} />}
        />
        {held.quiet_hours !== null && (
          <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1.5, my: 1 }}>
            {(["begins", "ends"] as const).map((end) => (
              <Clock key={end} label={t(`notifications.preferences.${end}`)} value={quiet[end]} onPick={(time) => void save({ quiet_hours: { ...quiet, [end]: time } })} />
            ))}
          </Box>
        )}
        <Typography variant="caption" color="textSecondary" component="p">
          {t("notifications.preferences.zone", { zone: held.time_zone })}
        </Typography>
      </Section>
      <Section title={t("notifications.preferences.digest")}>
        <Typography variant="body2" color="textSecondary" sx={{ mb: 2 }}>
          {t("notifications.preferences.digestText")}
        </Typography>
        <Clock label={t("notifications.preferences.digestAt")} value={held.digest_at} onPick={(time) => void save({ digest_at: time })} />
      </Section>
      <Section title={t("notifications.preferences.webhooks")}>
        <Box sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", flexWrap: "wrap", gap: 1 }}>
          <Typography>{t("notifications.preferences.webhooksText")}</Typography>
          <Button component={Link} to="/settings/webhooks" variant="outlined">
            {t("notifications.preferences.webhooksOpen")}
          </Button>
        </Box>
      </Section>
    </Box>
  );
}

interface CellProps {
  cell: NoticeWishes["kinds"][number]["channels"][number];
  kind: NoticeWishes["kinds"][number]["kind"];
  held: NoticeWishes;
  onSave: (change: NoticeWishesChange) => Promise<void>;
}

function Cell({ cell, kind, held, onSave }: CellProps) {
  const { t } = useTranslation();
  const { channel, wish, fixed, digest } = cell;
  const way = held.channels.find((one) => one.channel === channel);
  const name = t(`notifications.channels.${channel}`);
  let hint: string | null = null;
  if (way?.in_plan === false && channel !== "mail") hint = t("notifications.preferences.notInPlan");
  else if (way?.reachable === false) hint = t("notifications.preferences.noAddress");
  const wishes = (["on", "digest", "off"] as const).filter((one) => one !== "digest" || digest);
  return (
    <Box component="li" sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", gap: 2, py: 1, borderTop: 1, borderColor: "divider" }}>
      <Box>
        <Typography>{name}</Typography>
        {hint !== null && (
          <Typography variant="caption" color="textSecondary">
            {hint}
          </Typography>
        )}
      </Box>
      <TextField
        select
        size="small"
        value={wish}
        disabled={fixed}
        onChange={(event) => void onSave({ wishes: { [kind]: { [channel]: event.target.value as typeof wish } } })}
        slotProps={{ select: { SelectDisplayProps: { "aria-label": t("notifications.preferences.of", { kind: t(`notifications.kinds.${kind}`), channel: name }) } } }}
        fullWidth={false}
        sx={{ width: 150, flex: "none" }}
      >
        {wishes.map((one) => (
          <MenuItem key={one} value={one}>
            {t(`notifications.preferences.wishes.${one}`)}
          </MenuItem>
        ))}
      </TextField>
    </Box>
  );
}

function Clock({ label, value, onPick }: { label: string; value: string; onPick: (time: string) => void }) {
  return (
    <TextField
      key={value}
      type="time"
      size="small"
      label={label}
      defaultValue={value}
      onBlur={(event) => {
        if (event.target.value !== "" && event.target.value !== value) onPick(event.target.value);
      }}
      slotProps={{ inputLabel: { shrink: true } }}
      fullWidth={false}
      sx={{ width: 150 }}
    />
  );
}
