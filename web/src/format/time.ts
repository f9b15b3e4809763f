/** Times for a person. The API sends RFC 3339 in UTC; a zone is always named, because two countries' markets meet here. */

export const INDIA = "Asia/Kolkata";
export const NEW_YORK = "America/New_York";

const ZONES: Record<string, string> = { NSE: INDIA, BSE: INDIA, NASDAQ: NEW_YORK, NYSE: NEW_YORK };

/** The exchange's own zone, in which its sessions and charts are told; UTC for an exchange that we do not know. */
export function zoneOf(exchange: string): string {
  return ZONES[exchange] ?? "UTC";
}

// en-US never abbreviates Indian time and en-IN never New York's, so each zone is told in the locale that names it.
function localeFor(zone: string): string {
  return zone === NEW_YORK ? "en-US" : "en-IN";
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function dateFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let formatter = formatters.get(key);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(locale, options);
    formatters.set(key, formatter);
  }
  return formatter;
}

/** Date and time to the second with the zone's name: `20 Nov 2026, 3:30:00 pm IST`. */
export function dateTime(iso: string, zone: string): string {
  const moment = new Date(iso);
  const day = dateFormat("en-IN", { day: "numeric", month: "short", year: "numeric", timeZone: zone }).format(moment);
  return `${day}, ${clockTime(iso, zone)}`;
}

/** Time of day to the second with the zone's name: `3:30:00 pm IST`. */
export function clockTime(iso: string, zone: string): string {
  const moment = new Date(iso);
  const time = dateFormat("en-IN", {
    hour: "numeric",
    minute: "2-digit",
    second: "2-digit",
    hour12: true,
    timeZone: zone,
  }).format(moment);
  return `${time} ${zoneName(moment, zone)}`;
}

/** Time of day to the minute, where the zone is told beside it: `3:30 pm`. */
export function hourMinute(iso: string, zone: string): string {
  return dateFormat("en-IN", { hour: "numeric", minute: "2-digit", hour12: true, timeZone: zone }).format(new Date(iso));
}

/** The day alone: `20 Nov 2026`. */
export function day(iso: string, zone: string): string {
  return dateFormat("en-IN", { day: "numeric", month: "short", year: "numeric", timeZone: zone }).format(new Date(iso));
}

/** The short name of a zone at a moment: IST, EST, EDT, UTC. */
export function zoneName(moment: Date, zone: string): string {
  const parts = dateFormat(localeFor(zone), { timeZone: zone, timeZoneName: "short" }).formatToParts(moment);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? zone;
}

/** How long ago, while that is the clearer way to say it: `just now`, `42 s ago`, `12 min ago`; null from one hour on. */
export function recently(iso: string, now: number): string | null {
  const seconds = Math.floor((now - Date.parse(iso)) / 1000);
  if (seconds >= 3600) return null;
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  return `${Math.floor(seconds / 60)} min ago`;
}

/** A running delay: `00:42`, `12:05`, `3 h`, `2 days`. */
export function delay(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds >= 172_800) return `${Math.floor(seconds / 86_400)} days`;
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h`;
  const pad = (value: number) => value.toString().padStart(2, "0");
  return `${pad(Math.floor(seconds / 60))}:${pad(seconds % 60)}`;
}

/** How far a zone's wall clock is ahead of UTC at a moment, in seconds. */
export function zoneOffsetSeconds(moment: Date, zone: string): number {
  const parts = dateFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(moment);
  const part = (type: string) => Number(parts.find((other) => other.type === type)?.value);
  const wall = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return Math.round((wall - Math.floor(moment.getTime() / 1000) * 1000) / 1000);
}
