import { lazy, Suspense } from "react";
import { useStepUp } from "@/session/context";

const StepUpDialog = lazy(() => import("@/session/StepUpDialog"));

/** Opens the question for a fresh proof when a call needs one; its code is fetched then. */
export function StepUpGate() {
  const { asked } = useStepUp();
  return asked ? (
    <Suspense>
      <StepUpDialog />
    </Suspense>
  ) : null;
}
