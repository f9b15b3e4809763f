const MOST = 38;

/** The background of a value between -1 and 1: red below zero, green above, faint enough for the text upon it. */
export function shade(value: number): string {
  const share = Math.round(Math.min(1, Math.abs(value)) * MOST);
  const colour = value < 0 ? "var(--sw-palette-error-main)" : "var(--sw-palette-success-main)";
  return `color-mix(in srgb, ${colour} ${share}%, transparent)`;
}
