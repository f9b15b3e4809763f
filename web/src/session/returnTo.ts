/** Where to go after signing in: a path of ours or the dashboard, never another site (`//evil.example`, `/\evil`). */
export function safeReturn(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : "/dashboard";
}
