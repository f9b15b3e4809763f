export const SHORTEST_PASSWORD = 8;
export const LONGEST_PASSWORD = 128;

/** A rough measure for the meter only: length and variety. The server decides what it takes. */
export function strengthOf(password: string): "weak" | "fair" | "good" {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(password)).length;
  const distinct = new Set(password).size;
  if (password.length < SHORTEST_PASSWORD || distinct < 5) return "weak";
  return password.length >= 16 || password.length >= 12 && kinds >= 3 ? "good" : "fair";
}
