const MINUTE_MS = 60_000;
const PARTS = 1_000;

/** About how many minutes a job has left at its pace so far; null while nobody can say. */
export function leftOf(startedAt: string | null, progress: number, now = Date.now()): number | null {
  if (startedAt === null || progress < PARTS / 10) return null;
  const spent = now - Date.parse(startedAt);
  return Math.max(1, Math.round((spent * (PARTS - progress)) / progress / MINUTE_MS));
}
