import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { useDebounced } from "@/ui/useDebounced";
import { People, type Wanted } from "./People";
import { StaffPage } from "@/ui/StaffPage";
import { nameOf, ROLES, STATUSES, TIERS } from "./words";
import "@/i18n/staff";
import "@/i18n/shell";

const REST_MS = 300;

function oneOf<T extends string>(known: readonly T[], text: string | null): T | undefined {
  return known.find((each) => each === text);
}

/** Find people. The search stands in the address, so that Back and a link lead to it again. */
export default function UsersPage() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const search = useDebounced(params.get("search") ?? "", REST_MS);
  const verified = params.get("verified");
  const wanted: Wanted = {
    search: search || undefined,
    role: oneOf(ROLES, params.get("role")),
    tier: oneOf(TIERS, params.get("tier")),
    status: oneOf(STATUSES, params.get("status")),
    verified: verified === null ? undefined : verified === "true",
  };

  function set(name: string, value: string) {
    setParams(
      (now) => {
        const next = new URLSearchParams(now);
        if (value === "") next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  }

  const choices = {
    role: ROLES.map((value) => ({ value, label: t(`staff.roles.${value}`) })),
    tier: TIERS.map((value) => ({ value, label: t(`staff.tiers.${value}`) })),
    status: STATUSES.map((value) => ({ value, label: t(`staff.statuses.${value}`) })),
    verified: [
      { value: "true", label: t("staff.filters.verifiedYes") },
      { value: "false", label: t("staff.filters.verifiedNo") },
    ],
  };

  return (
    <StaffPage title={t("staff.tabs.users")}>
      <Box component="search" sx={{ display: "grid", gap: 1.5, mb: 2, gridTemplateColumns: { xs: "1fr 1fr", md: "2fr repeat(4, 1fr)" } }}>
        <TextField
          type="search"
          label={t("staff.filters.search")}
          placeholder={t("staff.filters.hint")}
          value={params.get("search") ?? ""}
          onChange={(event) => set("search", event.target.value)}
          sx={{ gridColumn: { xs: "1 / -1", md: "auto" } }}
          slotProps={{ htmlInput: { maxLength: 100 }, inputLabel: { shrink: true } }}
        />
        {(["role", "tier", "status", "verified"] as const).map((name) => (
          <TextField
            key={name}
            select
            label={t(`staff.filters.${name}`)}
            value={params.get(name) ?? ""}
            onChange={(event) => set(name, event.target.value)}
            slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
          >
            <MenuItem value="">{t("staff.filters.any")}</MenuItem>
            {choices[name].map(({ value, label }) => (
              <MenuItem key={value} value={value}>
                {label}
              </MenuItem>
            ))}
          </TextField>
        ))}
      </Box>
      <People
        key={JSON.stringify(wanted)}
        wanted={wanted}
        empty={t("staff.users.empty")}
        action={(person) => (
          <Button size="small" variant="outlined" component={Link} to={`/staff/users/${person.id}`} aria-label={t("staff.users.open", { name: nameOf(person) })}>
            {t("shell.view")}
          </Button>
        )}
      />
    </StaffPage>
  );
}
