import "sonner/dist/styles.css";
import { useColorScheme } from "@mui/material/styles";
import type { ReactNode } from "react";
import { toast, Toaster } from "sonner";
import type { Problem } from "@/api/problem";

interface ToastOptions {
  description?: ReactNode;
  action?: { label: string; onClick: () => void };
}

const SUCCESS_MS = 4_000;
const INFO_MS = 6_000;

export function toastSuccess(text: string, options: ToastOptions = {}): void {
  toast.success(text, { duration: SUCCESS_MS, ...options });
}

/** A longer-lived toast for news, and for what can be undone. */
export function toastInfo(text: string, options: ToastOptions = {}): void {
  toast(text, { duration: INFO_MS, ...options });
}

/** Stays until it is closed, and names the request for support. */
export function toastProblem(text: string, problem: Problem): void {
  toast.error(text, {
    duration: Number.POSITIVE_INFINITY,
    closeButton: true,
    description: problem.requestId === null ? undefined : `Request ${problem.requestId}`,
  });
}

export function Toasts() {
  const { mode, systemMode } = useColorScheme();
  const shown = mode === "system" ? systemMode : mode;
  return (
    <Toaster
      theme={shown ?? "light"}
      position="top-right"
      visibleToasts={3}
      offset={{ top: 72, right: 16 }}
      mobileOffset={{ top: 68 }}
      style={{ fontFamily: "inherit" }}
      toastOptions={{ style: { fontSize: "0.875rem", borderRadius: 12 } }}
    />
  );
}
