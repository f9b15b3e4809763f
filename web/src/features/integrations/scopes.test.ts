import { describe, expect, it } from "vitest";
import { integrations } from "@/i18n/en/integrations";
import { lines, SCOPES, textKeyOf } from "./scopes";

describe("scopes", () => {
  it("have words, each of them, and no others do", () => {
    expect(SCOPES).toContain("orders:write");
    for (const scope of SCOPES) expect(textKeyOf(scope)).toBe(`integrations.scopes.${scope.replace(":", "_")}`);
    expect(textKeyOf("users:manage")).toBeNull();
    expect(Object.values(integrations.scopes).every((text) => text.length > 0)).toBe(true);
  });
});

describe("lines", () => {
  it("are what somebody wrote, by line or comma, without what is empty", () => {
    expect(lines(" 203.0.113.7 \n\n10.0.0.0/8, 2001:db8::/32,")).toEqual(["203.0.113.7", "10.0.0.0/8", "2001:db8::/32"]);
  });
});
