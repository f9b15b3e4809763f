/** The states of an alert as the API names them, in the order of the tabs. */
export const TABS = ["active", "triggered", "paused", "expired", "needs_review"] as const;
export type Tab = (typeof TABS)[number];

export function tabOf(value: string | null): Tab {
  return TABS.find((tab) => tab === value) ?? "active";
}
