// Fails when the entry or a lazy page of dist/ weighs more than its budget.
// A page's weight is its own chunk and every chunk that it alone brings in (what the entry has loaded costs nothing more).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const ENTRY_KB = 185;
const PAGE_KB = 120;

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));

/** @param {string} key @param {Set<string>} seen */
function withImports(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const other of manifest[key].imports ?? []) withImports(other, seen);
  return seen;
}

/** @param {Iterable<string>} keys */
function weigh(keys) {
  let bytes = 0;
  for (const key of keys) {
    const file = manifest[key].file;
    if (file.endsWith(".js")) bytes += gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
  }
  return bytes / 1000;
}

const entryKey = Object.keys(manifest).find((key) => manifest[key].isEntry);
if (entryKey === undefined) throw new Error("dist/.vite/manifest.json names no entry; run npm run build first");
const entry = withImports(entryKey);

const rows = [["entry", weigh(entry), ENTRY_KB]];
for (const key of Object.keys(manifest)) {
  if (!manifest[key].isDynamicEntry) continue;
  rows.push([key, weigh([...withImports(key)].filter((other) => !entry.has(other))), PAGE_KB]);
}

let over = 0;
for (const [name, weight, budget] of rows.sort((a, b) => b[1] - a[1])) {
  const verdict = weight <= budget ? "ok" : "OVER";
  if (weight > budget) over += 1;
  console.log(`${verdict.padEnd(4)} ${weight.toFixed(1).padStart(7)} / ${budget} kB gzip  ${name}`);
}
process.exit(over > 0 ? 1 : 0);
