import { dateTime, recently } from "@/format/time";
import { useNow } from "@/live/now";
import { usePreferences } from "@/preferences/hooks";

/** A moment: relative while it is recent, with the full time on hover; in the person's own zone unless one is given. */
export function Time({ iso, zone, absolute = false }: { iso: string; zone?: string; absolute?: boolean }) {
  const { zone: own } = usePreferences();
  const now = useNow();
  const full = dateTime(iso, zone ?? own);
  return (
    <time dateTime={iso} title={full} className="figures">
      {(absolute ? null : recently(iso, now)) ?? full}
    </time>
  );
}
