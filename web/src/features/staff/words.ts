import type { AccountStatus, Person, Role, Tier } from "@/api";

export const ROLES: readonly Role[] = ["USER", "SALES", "SUPPORT", "SUPER_ADMIN"];
export const TIERS: readonly Tier[] = ["BASIC", "PRO", "ELITE"];
export const STATUSES: readonly AccountStatus[] = ["active", "locked", "suspended", "closing"];

export function nameOf(person: Pick<Person, "first_name" | "last_name" | "email">): string {
  return `${person.first_name} ${person.last_name}`.trim() || person.email;
}

/** `acting_started` -> `acting started`: the log's own words, for those who know them. */
export function kindText(kind: string): string {
  return kind.replaceAll("_", " ");
}
