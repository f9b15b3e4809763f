import MenuItem from "@mui/material/MenuItem";
import Stack from "@mui/material/Stack";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChangePersonMutation, useForcePasswordResetMutation, useUnlockPersonMutation, type AccountStatus, type PersonDetail, type Role } from "@/api";
import { newIdempotencyKey } from "@/api/idempotency";
import { problemOf, type Problem } from "@/api/problem";
import { usePermission } from "@/session/permissions";
import { useSessionState } from "@/session/context";
import { toastInfo, toastSuccess } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import { ActAsDialog } from "./ActAsDialog";
import { ReasonDialog } from "@/ui/ReasonDialog";
import { nameOf, ROLES } from "./words";
import "@/i18n/staff";

type Deed = "unlock" | "reset" | "lock" | "suspend" | "reopen" | "role" | "actAs";

const BECOMES: Partial<Record<Deed, AccountStatus>> = { lock: "locked", suspend: "suspended", reopen: "active" };

/** What this member of staff may do with this person now. The API decides again. */
export function PersonActions({ person }: { person: PersonDetail }) {
  const { t } = useTranslation();
  const { user } = useSessionState();
  const may = {
    unlock: usePermission("users:unlock"),
    status: usePermission("users:manage"),
    role: usePermission("roles:manage"),
    actAs: usePermission("users:act_as"),
  };
  const [asked, setAsked] = useState<{ deed: Deed; key: string } | null>(null);
  const [role, setRole] = useState<Role>(person.role);
  const [change] = useChangePersonMutation();
  const [unlock] = useUnlockPersonMutation();
  const [forceReset] = useForcePasswordResetMutation();
  const name = nameOf(person);
  const close = () => setAsked(null);

  if (person.id === user?.id) return <Typography color="textSecondary">{t("staff.person.self")}</Typography>;

  const deeds: Deed[] = [];
  if (may.actAs && person.role !== "SUPER_ADMIN" && person.status === "active" && person.email_verified) deeds.push("actAs");
  if (may.unlock && (person.status === "active" || person.status === "locked")) deeds.push("unlock");
  if (may.unlock && person.email_verified && person.status !== "closing") deeds.push("reset");
  if (may.status && person.role !== "SUPER_ADMIN" && person.status === "active") deeds.push("lock");
  if (may.status && person.role !== "SUPER_ADMIN" && (person.status === "active" || person.status === "locked")) deeds.push("suspend");
  if (may.status && (person.status === "locked" || person.status === "suspended")) deeds.push("reopen");
  if (may.role) deeds.push("role");

  const labels: Record<Deed, string> = {
    unlock: t("staff.person.unlock"),
    reset: t("staff.person.reset"),
    lock: t("staff.person.lock"),
    suspend: t("staff.person.suspend"),
    reopen: t("staff.person.reopen"),
    role: t("staff.person.changeRole"),
    actAs: t("staff.person.actAs", { name }),
  };

  async function confirm(deed: Deed, key: string, reason: string): Promise<Problem | null> {
    if (deed === "unlock" || deed === "reset") {
      const send = deed === "unlock" ? unlock : forceReset;
      const answer = await send({ userId: person.id, "idempotency-key": key, authReasonIn: { reason } });
      if (answer.error !== undefined) return problemOf(answer.error);
      toastSuccess(t(deed === "unlock" ? "staff.person.unlocked" : "staff.person.resetMailed"));
      return null;
    }
    const what = deed === "role" ? { role } : { status: BECOMES[deed] };
    const answer = await change({ userId: person.id, authPersonChange: { ...what, reason } });
    if (answer.error !== undefined) return problemOf(answer.error);
    if (answer.data.waiting !== null) toastInfo(t("staff.person.roleWaits"));
    else toastSuccess(t(deed === "role" ? "staff.person.roleChanged" : "staff.person.statusChanged"));
    return null;
  }

  const waits = role === "SUPER_ADMIN" || person.role === "SUPER_ADMIN";
  const consequenceOf = (deed: Exclude<Deed, "actAs">) =>
    deed === "role"
      ? t(waits ? "staff.consequence.roleWaits" : "staff.consequence.role", { name, role: t(`staff.roles.${role}`) })
      : t(`staff.consequence.${deed}`);

  return (
    <Stack sx={{ gap: 1 }}>
      {deeds.map((deed) => (
        <WriteButton
          key={deed}
          fullWidth
          variant="outlined"
          color={deed === "suspend" || deed === "lock" || deed === "reset" ? "error" : "primary"}
          onClick={() => setAsked({ deed, key: newIdempotencyKey() })}
        >
          {labels[deed]}
        </WriteButton>
      ))}
      {asked?.deed === "actAs" && <ActAsDialog person={person} onClose={close} />}
      {asked !== null && asked.deed !== "actAs" && (
        <ReasonDialog
          title={labels[asked.deed]}
          consequence={consequenceOf(asked.deed)}
          confirmLabel={labels[asked.deed]}
          onClose={close}
          onConfirm={(reason) => confirm(asked.deed, asked.key, reason)}
        >
          {asked.deed === "role" && (
            <TextField select label={t("staff.newRole")} value={role} onChange={(event) => setRole(event.target.value as Role)}>
              {ROLES.map((each) => (
                <MenuItem key={each} value={each}>
                  {t(`staff.roles.${each}`)}
                </MenuItem>
              ))}
            </TextField>
          )}
        </ReasonDialog>
      )}
    </Stack>
  );
}
