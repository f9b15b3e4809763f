import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import MuiLink from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { useShowPersonQuery, type PersonDetail } from "@/api";
import { DataState } from "@/ui/DataState";
import { Section } from "@/ui/Section";
import { Time } from "@/ui/Time";
import { PersonActions } from "./PersonActions";
import { PersonChips } from "./PersonChips";
import { PersonSessions } from "./PersonSessions";
import { StaffPage } from "@/ui/StaffPage";
import { kindText, nameOf } from "./words";
import "@/i18n/staff";

/** One person: the account, what staff may do with it, where they are signed in, what happened to its safety. */
export default function PersonPage() {
  const { t } = useTranslation();
  const { id = "" } = useParams();
  const query = useShowPersonQuery({ userId: id });
  return (
    <StaffPage title={query.data === undefined ? t("staff.person.account") : nameOf(query.data)}>
      <Button component={Link} to="/staff" size="small" sx={{ mb: 1.5 }}>
        {t("staff.person.back")}
      </Button>
      <DataState query={query} what={t("staff.what.person")} skeleton={<Skeleton variant="rounded" height={420} />}>
        {(person) => <Detail person={person} />}
      </DataState>
    </StaffPage>
  );
}

function Detail({ person }: { person: PersonDetail }) {
  const { t } = useTranslation();
  return (
    <Box sx={{ display: "grid", gap: 2, gridTemplateColumns: { xs: "minmax(0, 1fr)", lg: "minmax(0, 3fr) minmax(0, 2fr)" }, alignItems: "start" }}>
      <Box sx={{ display: "grid", gap: 2 }}>
        <Section title={t("staff.person.account")}>
          {person.waiting_role_change !== null && (
            <Alert severity="info" sx={{ mb: 2 }}>
              {t("staff.person.waiting", { role: t(`staff.roles.${person.waiting_role_change.to_role}`) })}{" "}
              <MuiLink component={Link} to="/staff/role-changes" color="inherit" underline="always">
                {t("staff.person.toChanges")}
              </MuiLink>
            </Alert>
          )}
          <PersonChips person={person} />
          <Box component="dl" sx={{ display: "grid", gridTemplateColumns: "max-content 1fr", columnGap: 3, rowGap: 0.75, mt: 2, mb: 0, "& dd": { m: 0, overflowWrap: "anywhere" }, "& dt": { color: "text.secondary" } }}>
            <dt>{t("staff.person.email")}</dt>
            <dd>{person.email}</dd>
            <dt>{t("staff.person.username")}</dt>
            <dd>{person.username ?? t("staff.person.none")}</dd>
            <dt>{t("staff.person.phone")}</dt>
            <dd>{person.phone ?? t("staff.person.none")}</dd>
            <dt>{t("staff.person.factor")}</dt>
            <dd>
              <Factors factors={person.second_factors} />
            </dd>
            <dt>{t("staff.person.joined")}</dt>
            <dd>
              <Time iso={person.created_at} absolute />
            </dd>
          </Box>
        </Section>
        <Section title={t("staff.person.sessions")}>
          <PersonSessions person={person} />
        </Section>
        <Section title={t("staff.person.log")}>
          {person.security_log.length === 0 ? (
            <Typography color="textSecondary">{t("staff.person.logEmpty")}</Typography>
          ) : (
            <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
              {person.security_log.map((event) => (
                <Box component="li" key={event.id} sx={{ display: "flex", justifyContent: "space-between", gap: 2, py: 0.75 }}>
                  <Typography variant="body2" sx={{ overflowWrap: "anywhere" }}>
                    {kindText(event.kind)}
                    {event.by_staff && ` (${t("staff.person.byStaff")})`}
                  </Typography>
                  <Typography variant="caption" color="textSecondary" sx={{ flexShrink: 0 }}>
                    <Time iso={event.at} />
                  </Typography>
                </Box>
              ))}
            </Box>
          )}
        </Section>
      </Box>
      <Section title={t("staff.person.actions")}>
        <PersonActions person={person} />
      </Section>
    </Box>
  );
}

function Factors({ factors }: { factors: PersonDetail["second_factors"] }) {
  const { t } = useTranslation();
  const held = [
    ...(factors.totp ? [t("staff.person.totp", { count: factors.recovery_codes_left })] : []),
    ...(factors.passkeys > 0 ? [t("staff.person.passkeys", { count: factors.passkeys })] : []),
  ];
  if (held.length > 0) return held.join(", ");
  return t(factors.needed ? "staff.person.noneNeeded" : "staff.person.none");
}
