import AddAlertRounded from "@mui/icons-material/AddAlertRounded";
import NotificationsActiveRounded from "@mui/icons-material/NotificationsActiveRounded";
import SettingsRounded from "@mui/icons-material/SettingsRounded";
import SpaceDashboardRounded from "@mui/icons-material/SpaceDashboardRounded";

/** The places of the signed-in application, in the order of rail and bottom bar. */
export const PLACES = [
  { to: "/dashboard", label: "shell.dashboard", short: "shell.home", icon: SpaceDashboardRounded, end: true },
  { to: "/alerts", label: "shell.alerts", short: "shell.alerts", icon: NotificationsActiveRounded, end: true },
  { to: "/alerts/new", label: "shell.newAlert", short: "shell.newAlert", icon: AddAlertRounded, end: true },
  { to: "/settings", label: "shell.settings", short: "shell.settings", icon: SettingsRounded, end: false },
] as const;
