// Writes a .gz beside every compressible file of dist/, so that the gateway sends it without compressing.
// index.html is left out: the gateway writes a nonce into each copy.
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const COMPRESSIBLE = /\.(js|css|svg|json|txt|webmanifest)$/;
const SMALLEST_BYTES = 1024;

const dist = fileURLToPath(new URL("../dist", import.meta.url));
let files = 0;
let before = 0;
let after = 0;
for (const name of readdirSync(dist, { recursive: true })) {
  const path = join(dist, name);
  if (name.startsWith(".vite") || !COMPRESSIBLE.test(name) || !statSync(path).isFile()) continue;
  const content = readFileSync(path);
  if (content.length < SMALLEST_BYTES) continue;
  const packed = gzipSync(content, { level: 9 });
  writeFileSync(`${path}.gz`, packed);
  files += 1;
  before += content.length;
  after += packed.length;
}
console.log(`compressed ${files} files: ${(before / 1000).toFixed(0)} kB -> ${(after / 1000).toFixed(0)} kB`);

// A running gateway reads the folder anew when this file changes: now that everything is in place.
const now = new Date();
utimesSync(join(dist, "index.html"), now, now);
