import { createContext, useContext, useSyncExternalStore, type ReactNode } from "react";
import type { Session, SessionState } from "./session";
import type { StepUp } from "./stepUp";

const SessionContext = createContext<Session | null>(null);
const StepUpContext = createContext<StepUp | null>(null);

export function SessionProvider({ session, stepUp, children }: { session: Session; stepUp: StepUp; children: ReactNode }) {
  return (
    <SessionContext value={session}>
      <StepUpContext value={stepUp}>{children}</StepUpContext>
    </SessionContext>
  );
}

/** Whether the person is asked to prove who they are, and how to close the question. */
export function useStepUp(): { asked: boolean; close: (proved: boolean) => void } {
  const stepUp = useContext(StepUpContext);
  if (stepUp === null) throw new Error("SessionProvider is missing");
  const asked = useSyncExternalStore(stepUp.subscribe, stepUp.getState);
  return { asked, close: (proved) => stepUp.close(proved) };
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("SessionProvider is missing");
  return session;
}

export function useSessionState(): SessionState {
  const session = useSession();
  return useSyncExternalStore(session.subscribe, session.getState);
}
