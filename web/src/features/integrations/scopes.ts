import { integrations } from "@/i18n/en/integrations";

type Key = keyof typeof integrations.scopes;

/** A permission by the API's name: our texts write it with `_`, since `:` means something to i18next. */
export type Scope = Named<Key>;
type Named<K extends string> = K extends `${infer What}_${infer How}` ? `${What}:${How}` : never;

/** What a key or an app may be given, in the order in which a person reads it. */
export const SCOPES = Object.keys(integrations.scopes).map((key) => key.replace("_", ":")) as Scope[];

/** The key of a scope's text; null for one that we have no words for. */
export function textKeyOf(scope: string): `integrations.scopes.${Key}` | null {
  const key = scope.replace(":", "_");
  return key in integrations.scopes ? `integrations.scopes.${key as Key}` : null;
}

/** Whether two lists hold the same, in whatever order. */
export function sameSet(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one) => others.includes(one));
}

/** The lines of a text area that hold something. */
export function lines(text: string): string[] {
  return text.split(/[\n,]/).map((line) => line.trim()).filter(Boolean);
}
