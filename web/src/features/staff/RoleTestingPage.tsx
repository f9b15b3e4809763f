import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import MuiTab from "@mui/material/Tab";
import Tabs from "@mui/material/Tabs";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import type { Person } from "@/api";
import { usePermission } from "@/session/permissions";
import { useDebounced } from "@/ui/useDebounced";
import { ActAsDialog } from "./ActAsDialog";
import { People, type Wanted } from "./People";
import { StaffPage } from "@/ui/StaffPage";
import { nameOf, TIERS } from "./words";
import "@/i18n/staff";

const KINDS = [...TIERS, "SALES", "SUPPORT"] as const;
type Kind = (typeof KINDS)[number];

function wantedOf(kind: Kind): Wanted {
  return kind === "SALES" || kind === "SUPPORT" ? { role: kind } : { role: "USER", tier: kind };
}

/** Choose somebody by role and plan, and see ShareWise as they do. */
export default function RoleTestingPage() {
  const { t } = useTranslation();
  const id = useId();
  const seesStaff = usePermission("users:manage");
  const [params, setParams] = useSearchParams();
  const [typed, setTyped] = useState("");
  const search = useDebounced(typed, 300);
  const [chosen, setChosen] = useState<Person | null>(null);
  const kinds = seesStaff ? KINDS : TIERS;
  const kind = kinds.find((each) => each === params.get("kind")) ?? "BASIC";
  return (
    <StaffPage title={t("staff.tabs.testing")}>
      <Typography color="textSecondary" sx={{ mb: 2, maxWidth: 640 }}>
        {t("staff.testing.text")} {!seesStaff && t("staff.testing.supportText")}
      </Typography>
      <Tabs
        value={kind}
        onChange={(_, value: Kind) => setParams({ kind: value }, { replace: true })}
        aria-label={t("staff.testing.tabs")}
        variant="scrollable"
        scrollButtons={false}
        sx={{ mb: 2 }}
      >
        {kinds.map((each) => (
          <MuiTab
            key={each}
            value={each}
            id={`${id}-${each}`}
            aria-controls={`${id}-panel`}
            label={each === "SALES" || each === "SUPPORT" ? t(`staff.roles.${each}`) : t(`staff.tiers.${each}`)}
          />
        ))}
      </Tabs>
      <Box role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${kind}`}>
        <TextField
          type="search"
          label={t("staff.filters.search")}
          placeholder={t("staff.filters.hint")}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          sx={{ mb: 2, maxWidth: 420 }}
          slotProps={{ htmlInput: { maxLength: 100 }, inputLabel: { shrink: true } }}
        />
        <People
          key={`${kind} ${search}`}
          wanted={{ ...wantedOf(kind), search: search || undefined, status: "active", verified: true }}
          empty={t("staff.testing.empty")}
          action={(person) => (
            <Button size="small" variant="outlined" onClick={() => setChosen(person)} aria-label={t("staff.testing.chooseOf", { name: nameOf(person) })}>
              {t("staff.testing.choose")}
            </Button>
          )}
        />
      </Box>
      {chosen !== null && <ActAsDialog person={chosen} onClose={() => setChosen(null)} />}
    </StaffPage>
  );
}
