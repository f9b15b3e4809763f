import type { ReactNode } from "react";
import { Navigate, useLocation } from "react-router";
import { useSession, useSessionState } from "@/session/context";
import { Unreachable } from "@/ui/ErrorPages";
import { Waiting } from "./Waiting";

const SET_UP = "/settings/security";

/**
 * Shows its pages to whoever is signed in; sends others to the login, and back afterwards. Whose role needs a second
 * factor sets one up first.
 */
export function RequireSession({ children }: { children: ReactNode }) {
  const session = useSession();
  const { status, user } = useSessionState();
  const { pathname, search } = useLocation();
  if (status === "unknown") return <Waiting />;
  if (status === "unreachable") return <Unreachable onRetry={() => void session.restore()} />;
  if (status === "anonymous") return <Navigate to={`/login?next=${encodeURIComponent(pathname + search)}`} replace />;
  if (user?.second_factor_setup_required === true && pathname !== SET_UP) return <Navigate to={SET_UP} replace />;
  return children;
}
