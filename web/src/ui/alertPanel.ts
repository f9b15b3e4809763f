import { useCallback } from "react";
import { useLocation, useSearchParams } from "react-router";

export interface AlertDraft {
  instrument?: string;
  condition?: "above" | "below";
  price?: string;
}

const KEYS = ["new-alert", "edit-alert", "condition", "price"] as const;

function cleared(search: string): URLSearchParams {
  const params = new URLSearchParams(search);
  for (const key of KEYS) params.delete(key);
  return params;
}

/**
 * The alert panel is part of the address (`?new-alert=NASDAQ:AAPL`): it opens over any page, closes with Back, and a page
 * that offers it needs to know nothing of the form.
 */
export function useAlertPanelLinks() {
  const { search } = useLocation();
  const toNew = useCallback(
    ({ instrument = "", condition, price }: AlertDraft) => {
      const params = cleared(search);
      params.set("new-alert", instrument);
      if (condition !== undefined) params.set("condition", condition);
      if (price !== undefined) params.set("price", price);
      return { search: `?${params}` };
    },
    [search],
  );
  const toEdit = useCallback(
    (alertId: string) => {
      const params = cleared(search);
      params.set("edit-alert", alertId);
      return { search: `?${params}` };
    },
    [search],
  );
  return { toNew, toEdit };
}

/** What the address asks the panel to show, and how to close it. */
export function useAlertPanel() {
  const [params, setParams] = useSearchParams();
  const condition = params.get("condition");
  const draft: AlertDraft | null = params.has("new-alert")
    ? {
        instrument: params.get("new-alert") || undefined,
        condition: condition === "above" || condition === "below" ? condition : undefined,
        price: params.get("price") ?? undefined,
      }
    : null;
  const close = useCallback(() => setParams((now) => cleared(now.toString()), { replace: true }), [setParams]);
  return { draft, editing: params.get("edit-alert"), close };
}
