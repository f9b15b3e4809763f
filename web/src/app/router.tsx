import { lazy, Suspense, type ComponentType } from "react";
import { matchPath, Route, Routes } from "react-router";
import { RequireSession } from "./RequireSession";
import { Waiting } from "./Waiting";

type Load = () => Promise<{ default: ComponentType }>;

const PUBLIC_PAGES: Record<string, Load> = {
  "/": () => import("@/features/site/LandingPage"),
  "/pricing": () => import("@/features/site/PricingPage"),
  "/register": () => import("@/features/account/RegisterPage"),
  "/verify-email": () => import("@/features/account/VerifyPage"),
  "/resend-verification": () => import("@/features/account/ResendPage"),
  "/login/return": () => import("@/features/account/ReturnPage"),
  "/login": () => import("@/features/account/LoginPage"),
  "/forgot-password": () => import("@/features/account/ForgotPage"),
  "/reset-password": () => import("@/features/account/ResetPage"),
  "/unblock": () => import("@/features/account/UnblockPage"),
  "/confirm-email": () => import("@/features/account/ConfirmEmailPage"),
  "/keep-account": () => import("@/features/account/KeepAccountPage"),
  "/legal/:document": () => import("@/features/site/LegalPage"),
  "/help": () => import("@/features/site/HelpPage"),
  "/forbidden": () => import("@/features/site/ForbiddenPage"),
  "*": () => import("@/features/site/NotFoundPage"),
};

const OWN_PAGES: Record<string, Load> = {
  "/dashboard": () => import("@/features/dashboard/DashboardPage"),
  "/stocks/:exchange/:symbol": () => import("@/features/stock/StockPage"),
  "/calendar": () => import("@/features/companies/CompanyDaysPage"),
  "/calendar/hours": () => import("@/features/calendar/CalendarPage"),
  "/watchlists": () => import("@/features/watchlists/WatchlistsPage"),
  "/alerts": () => import("@/features/alerts/AlertsPage"),
  "/alerts/new": () => import("@/features/alerts/NewAlertPage"),
  "/alerts/import": () => import("@/features/alerts/bulk/ImportPage"),
  "/alerts/watchlist-rules": () => import("@/features/alerts/bulk/RulesPage"),
  "/notifications": () => import("@/features/notifications/NotificationsPage"),
  "/signals": () => import("@/features/signals/SignalsPage"),
  "/signals/records/:versionId": () => import("@/features/signals/RecordPage"),
  "/signals/:id": () => import("@/features/signals/SignalPage"),
  "/alerts/:id": () => import("@/features/alerts/AlertDetailPage"),
  "/backtests": () => import("@/features/backtests/BacktestsPage"),
  "/backtests/new": () => import("@/features/backtests/NewBacktestPage"),
  "/backtests/compare": () => import("@/features/backtests/ComparePage"),
  "/backtests/:id": () => import("@/features/backtests/BacktestPage"),
  "/welcome": () => import("@/features/onboarding/WelcomePage"),
  "/settings/data": () => import("@/features/settings/DataPage"),
  "/settings": () => import("@/features/settings/SettingsPage"),
  "/settings/integrations": () => import("@/features/integrations/IntegrationsPage"),
  "/oauth/authorize": () => import("@/features/integrations/ConsentPage"),
  "/settings/notifications": () => import("@/features/notifications/PreferencesPage"),
  "/settings/webhooks": () => import("@/features/notifications/WebhooksPage"),
  "/settings/security": () => import("@/features/security/SecurityPage"),
  "/strategies": () => import("@/features/strategies/StrategiesPage"),
  "/strategies/new": () => import("@/features/strategies/NewStrategyPage"),
  "/strategies/shared": () => import("@/features/strategies/SharedPage"),
  "/strategies/:id": () => import("@/features/strategies/StrategyPage"),
  "/screener": () => import("@/features/strategies/ScreenerPage"),
  "/staff/deliveries": () => import("@/features/notifications/DeliveriesPage"),
  "/staff/sms-texts": () => import("@/features/staff/SmsTextsPage"),
  "/staff": () => import("@/features/staff/UsersPage"),
  "/staff/users/:id": () => import("@/features/staff/PersonPage"),
  "/staff/role-changes": () => import("@/features/staff/RoleChangesPage"),
  "/staff/data-quality": () => import("@/features/staff/QualityPage"),
  "/staff/price-sources": () => import("@/features/staff/SourcesPage"),
  "/staff/role-testing": () => import("@/features/staff/RoleTestingPage"),
};

const loadPublicShell: Load = () => import("./shell/PublicShell");
const loadAppShell: Load = () => import("./shell/AppShell");

/** A page with code of its own, fetched when it is first gone to. */
function lazily(load: Load) {
  const Lazy = lazy(load);
  return (
    <Suspense fallback={<Waiting />}>
      <Lazy />
    </Suspense>
  );
}

function routesOf(pages: Record<string, Load>) {
  return Object.entries(pages).map(([path, load]) => <Route key={path} path={path} element={lazily(load)} />);
}

const ownRoutes = routesOf(OWN_PAGES);
const publicRoutes = routesOf(PUBLIC_PAGES);
const appShell = lazily(loadAppShell);
const publicShell = lazily(loadPublicShell);

/** Fetch the code of frame and page side by side, and while the session is still being asked for. */
export function preload(pathname: string): void {
  const matches = ([path]: [string, Load]) => matchPath(path, pathname) !== null;
  const own = Object.entries(OWN_PAGES).find(matches);
  const [, load] = own ?? Object.entries(PUBLIC_PAGES).find(matches) ?? [];
  const loadShell = own === undefined ? loadPublicShell : loadAppShell;
  // A failure shows when the page is rendered, with a page that says so.
  for (const each of [loadShell, load]) each?.().catch(() => undefined);
}

/** Every address of the application. */
export function Pages() {
  return (
    <Routes>
      <Route element={<RequireSession>{appShell}</RequireSession>}>{ownRoutes}</Route>
      <Route element={publicShell}>{publicRoutes}</Route>
    </Routes>
  );
}
