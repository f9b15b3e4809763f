/**
 * What this tab keeps while its owner is away at the identity provider. The key shows that who comes back is who went:
 * without it nobody can finish a sign-in of theirs in the browser of another.
 */
export interface Away {
  browserKey: string;
  purpose: "login" | "link";
  next: string;
}

const KEPT = "sharewise.elsewhere";

/** Go to the provider's page. */
export function goElsewhere(url: string, away: Away): void {
  sessionStorage.setItem(KEPT, JSON.stringify(away));
  window.location.assign(url);
}

/** Take up what was kept, once. Null when this tab never went, or came back already. */
export function comeBack(): Away | null {
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  return kept === null ? null : (JSON.parse(kept) as Away);
}
