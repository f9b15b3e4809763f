import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";

/** The rules of this folder that no compiler checks. */
const web = join(import.meta.dirname, "../..");

function sources(folder: string): { path: string; text: string }[] {
  return readdirSync(join(web, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|tsx)$/.test(name))
    .map((name) => ({ path: relative(web, join(web, folder, name)), text: readFileSync(join(web, folder, name), "utf8") }));
}

const files = sources("src").filter(({ path }) => path !== "src/api/generated.ts" && !path.startsWith("src/api/endpoints/"));

describe("the house", () => {
  it("lets no feature import another", () => {
    const crossings = files.flatMap(({ path, text }) => {
      const own = /^src\/features\/([^/]+)\//.exec(path)?.[1];
      if (own === undefined) return [];
      return [...text.matchAll(/(?:from |import\()"@\/features\/([^/"]+)/g)].filter(([, other]) => other !== own).map(() => path);
    });
    expect(crossings).toEqual([]);
  });

  it("lets pages use the API through its front only", () => {
    const direct = files.filter(({ path, text }) => path.startsWith("src/features/") && /from "@\/api\/(?!problem"|idempotency"|base")/.test(text));
    expect(direct.map(({ path }) => path)).toEqual([]);
  });

  it("keeps files short", () => {
    expect(files.filter(({ text }) => text.split("\n").length > 320).map(({ path }) => path)).toEqual([]);
  });

  it("never parses money to a float outside the drawing of pixels", () => {
    expect(files.filter(({ path, text }) => !path.includes(".test.") && /parseFloat|toFixed\(2\)/.test(text)).map(({ path }) => path)).toEqual([
      "src/ui/chart/ChartCanvas.ts",
    ]);
  });

  it("pins every package exactly, and locks no registry's address", () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(web, "package.json"), "utf8")) as Record<string, Record<string, string>>;
    for (const version of Object.values({ ...dependencies, ...devDependencies })) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(readFileSync(join(web, "package-lock.json"), "utf8")).not.toContain('"resolved"');
  });

  it("gives a nonce to everything inline in the page", () => {
    const page = readFileSync(join(web, "index.html"), "utf8");
    const inline = [...page.matchAll(/<(style|script)(?![^>]*\bsrc=)[^>]*>/g)].map(([tag]) => tag);
    expect(inline.length).toBeGreaterThan(0);
    for (const tag of inline) expect(tag).toContain('nonce="__CSP_NONCE__"');
  });
});
