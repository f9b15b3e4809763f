/**
 * A key for one intended effect: made when a form opens, sent with each try. However often the request is repeated, the
 * API does it once. (`crypto.randomUUID` is missing outside secure contexts, such as a phone on the local network.)
 */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
