import SupervisorAccountRounded from "@mui/icons-material/SupervisorAccountRounded";
import AddAlertRounded from "@mui/icons-material/AddAlertRounded";
import NotificationsActiveRounded from "@mui/icons-material/NotificationsActiveRounded";
import AutoGraphRounded from "@mui/icons-material/AutoGraphRounded";
import SensorsRounded from "@mui/icons-material/SensorsRounded";
import SettingsRounded from "@mui/icons-material/SettingsRounded";
import PlaylistAddCheckRounded from "@mui/icons-material/PlaylistAddCheckRounded";
import SpaceDashboardRounded from "@mui/icons-material/SpaceDashboardRounded";

import { usePermission } from "@/session/permissions";
import "@/i18n/frame";
import "@/i18n/shell";

/** The places of the signed-in application, in the order of rail and bottom bar. */
export const PLACES = [
  { to: "/dashboard", label: "shell.dashboard", short: "shell.home", icon: SpaceDashboardRounded, end: true },
  { to: "/watchlists", label: "shell.watchlists", short: "shell.lists", icon: PlaylistAddCheckRounded, end: true },
  { to: "/alerts", label: "shell.alerts", short: "shell.alerts", icon: NotificationsActiveRounded, end: true },
  { to: "/alerts/new", label: "shell.newAlert", short: "shell.newAlert", icon: AddAlertRounded, end: true },
  { to: "/strategies", label: "shell.strategies", short: "shell.strategies", icon: AutoGraphRounded, end: false },
  { to: "/signals", label: "shell.signals", short: "shell.signals", icon: SensorsRounded, end: true },
  { to: "/settings", label: "shell.settings", short: "shell.settings", icon: SettingsRounded, end: false },
] as const;

const STAFF_PLACE = { to: "/staff", label: "frame.staff", short: "frame.staff", icon: SupervisorAccountRounded, end: false } as const;

/** The places that this person has. */
export function usePlaces(): readonly ((typeof PLACES)[number] | typeof STAFF_PLACE)[] {
  return usePermission("users:read") ? [...PLACES, STAFF_PLACE] : PLACES;
}
