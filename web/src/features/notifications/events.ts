/** What a webhook may be told of, by the names of the API. */
export const EVENTS = [
  "alerts.alert.triggered.v1",
  "alerts.alert.created.v1",
  "alerts.alert.updated.v1",
  "alerts.alert.deleted.v1",
  "alerts.notification.failed.v1",
] as const;

export type EventName = (typeof EVENTS)[number];

const KEYS = ["triggered", "created", "updated", "deleted", "failed"] as const;

/** The key of an event's words; a test is sent to every webhook and chosen by none. */
export function eventKey(name: string): (typeof KEYS)[number] | "tested" {
  const last = name.split(".")[2];
  return KEYS.find((key) => key === last) ?? "tested";
}
