/**
 * The API as the pages use it: the generated endpoints with our cache rules. Everything imports from here, nothing
 * from `generated.ts` or `endpoints/`, so that a renamed operation changes one file.
 *
 * One file a group: its calls are loaded with the first page that uses one of them. The entry's own are few, and named
 * with those of the shell in codegen.config.json; a new call belongs to its service's tag and costs the entry nothing.
 */
export * from "./alerts";
export * from "./auth";
export * from "./backtests";
export * from "./billing";
export * from "./entry";
export * from "./market";
export * from "./notifications";
export * from "./oauth";
export * from "./shell";
export * from "./signals";
export * from "./staff";
export * from "./strategies";
export * from "./watchlists";
export * from "./webhooks";
export { api } from "./base";
export type * from "./types";
