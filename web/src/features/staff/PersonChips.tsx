import Chip from "@mui/material/Chip";
import Stack from "@mui/material/Stack";
import { useTranslation } from "react-i18next";
import type { Person, Tier } from "@/api";
import { TIERS } from "./words";
import "@/i18n/staff";

const isTier = (tier: string): tier is Tier => TIERS.some((each) => each === tier);

/** What a person is: role or plan, and what is not as usual. */
export function PersonChips({ person }: { person: Pick<Person, "role" | "tier" | "status" | "email_verified"> }) {
  const { t } = useTranslation();
  const plan = isTier(person.tier) ? t(`staff.tiers.${person.tier}`) : person.tier;
  return (
    <Stack direction="row" sx={{ gap: 0.75, flexWrap: "wrap" }}>
      {person.role === "USER" ? (
        <Chip size="small" variant="outlined" label={plan} />
      ) : (
        <Chip size="small" color="primary" label={t(`staff.roles.${person.role}`)} />
      )}
      {person.status !== "active" && <Chip size="small" color="error" label={t(`staff.statuses.${person.status}`)} />}
      {!person.email_verified && <Chip size="small" color="warning" label={t("staff.unverified")} />}
    </Stack>
  );
}
