import SupervisorAccountRounded from "@mui/icons-material/SupervisorAccountRounded";
import AddAlertRounded from "@mui/icons-material/AddAlertRounded";
import NotificationsActiveRounded from "@mui/icons-material/NotificationsActiveRounded";
import FilterAltRounded from "@mui/icons-material/FilterAltRounded";
import AutoGraphRounded from "@mui/icons-material/AutoGraphRounded";
import SensorsRounded from "@mui/icons-material/SensorsRounded";
import SettingsRounded from "@mui/icons-material/SettingsRounded";
import PlaylistAddCheckRounded from "@mui/icons-material/PlaylistAddCheckRounded";
import ScienceRounded from "@mui/icons-material/ScienceRounded";
import SpaceDashboardRounded from "@mui/icons-material/SpaceDashboardRounded";
import { useLocation } from "react-router";
import { usePermission } from "@/session/permissions";
import "@/i18n/frame";
import "@/i18n/shell";

/** The places of the signed-in application, in the order of the rail; a phone's bar has room for those that are `near`. */
export const PLACES = [
  { to: "/dashboard", label: "shell.dashboard", short: "shell.home", icon: SpaceDashboardRounded, near: true },
  { to: "/watchlists", label: "shell.watchlists", short: "shell.lists", icon: PlaylistAddCheckRounded, near: true },
  { to: "/alerts", label: "shell.alerts", short: "shell.alerts", icon: NotificationsActiveRounded, near: true },
  { to: "/alerts/new", label: "shell.newAlert", short: "shell.newAlert", icon: AddAlertRounded, near: false },
  { to: "/signals", label: "shell.signals", short: "shell.signals", icon: SensorsRounded, near: true },
  { to: "/strategies", label: "shell.strategies", short: "shell.strategies", icon: AutoGraphRounded, near: false },
  { to: "/screener", label: "shell.screener", short: "shell.screener", icon: FilterAltRounded, near: false },
  { to: "/backtests", label: "shell.backtests", short: "shell.backtests", icon: ScienceRounded, near: false },
  { to: "/settings", label: "shell.settings", short: "shell.settings", icon: SettingsRounded, near: false },
] as const;

const STAFF_PLACE = { to: "/staff", label: "frame.staff", short: "frame.staff", icon: SupervisorAccountRounded, near: false } as const;

/** The places that this person has; `here` is the nearest above the page that is open, so that its parts show it too. */
export function usePlaces() {
  const { pathname } = useLocation();
  const places = usePermission("users:read") ? [...PLACES, STAFF_PLACE] : PLACES;
  const above = places.map(({ to }) => to).filter((to) => pathname === to || pathname.startsWith(`${to}/`));
  const nearest = above.sort((one, other) => other.length - one.length)[0];
  return places.map((place) => ({ ...place, here: place.to === nearest ? ("page" as const) : undefined }));
}
