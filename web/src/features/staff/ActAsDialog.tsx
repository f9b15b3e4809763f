import { useTranslation } from "react-i18next";
import { useLocation, useNavigate } from "react-router";
import { useStartActingMutation, type Person } from "@/api";
import { problemOf } from "@/api/problem";
import { useSession } from "@/session/context";
import { ReasonDialog } from "@/ui/ReasonDialog";
import { nameOf } from "./words";
import "@/i18n/staff";

/** Asks why, then takes the place of a person; leaving it leads back to this very page. */
export function ActAsDialog({ person, onClose }: { person: Person; onClose: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  const [start] = useStartActingMutation();
  const name = nameOf(person);
  return (
    <ReasonDialog
      title={t("staff.person.actAs", { name })}
      consequence={t("staff.consequence.actAs", { name })}
      confirmLabel={t("staff.testing.choose")}
      hint={t("staff.reasonSeen")}
      onClose={onClose}
      onConfirm={async (reason) => {
        const answer = await start({ authActingIn: { user_id: person.id, reason } });
        if (answer.error !== undefined) return problemOf(answer.error);
        const { access_token: token, expires_in: seconds, user } = answer.data;
        session.act({ token, until: Date.now() + seconds * 1_000, reason, returnTo: pathname + search }, user);
        void navigate("/dashboard");
        return null;
      }}
    />
  );
}
