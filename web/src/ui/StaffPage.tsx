import Box from "@mui/material/Box";
import MuiTab from "@mui/material/Tab";
import Tabs from "@mui/material/Tabs";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "react-router";
import { usePermission } from "@/session/permissions";
import { PageTitle } from "@/ui/PageTitle";
import "@/i18n/staff";

/** The frame of the staff pages: the title, and the pages that this person may see. */
export function StaffPage({ title, children }: { title: string; children: ReactNode }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const seesPeople = usePermission("users:read");
  const managesRoles = usePermission("roles:manage");
  const acts = usePermission("users:act_as");
  const managesSystem = usePermission("system:manage");
  const managesData = usePermission("instruments:manage");
  const places = [
    { to: "/staff", label: t("staff.tabs.users") },
    ...(seesPeople ? [{ to: "/staff/deliveries", label: t("staff.tabs.deliveries") }] : []),
    ...(managesSystem ? [{ to: "/staff/sms-texts", label: t("staff.tabs.smsTexts") }] : []),
    ...(managesRoles ? [{ to: "/staff/role-changes", label: t("staff.tabs.changes") }] : []),
    ...(acts ? [{ to: "/staff/role-testing", label: t("staff.tabs.testing") }] : []),
    ...(managesData
      ? [
          { to: "/staff/data-quality", label: t("staff.tabs.quality") },
          { to: "/staff/price-sources", label: t("staff.tabs.sources") },
          { to: "/calendar/hours", label: t("staff.tabs.calendar") },
        ]
      : []),
  ];
  const here = places.find(({ to }) => to === pathname)?.to ?? false;
  return (
    <>
      <PageTitle title={title}>{title}</PageTitle>
      <Box component="nav" aria-label={t("staff.tabs.label")} sx={{ mt: 1, mb: 2.5, borderBottom: 1, borderColor: "divider" }}>
        <Tabs value={here} role="presentation" variant="scrollable" scrollButtons={false} slotProps={{ list: { role: "presentation" } }}>
          {places.map(({ to, label }) => (
            <MuiTab
              key={to}
              value={to}
              label={label}
              component={Link}
              to={to}
              role={undefined}
              aria-selected={undefined}
              aria-current={to === here ? "page" : undefined}
              tabIndex={0}
            />
          ))}
        </Tabs>
      </Box>
      {children}
    </>
  );
}
