// Fails when src/api/generated.ts is not what the generator makes of openapi.json.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const web = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(web, ".codegen-"));
try {
  const config = JSON.parse(readFileSync(join(web, "codegen.config.json"), "utf8"));
  // Addresses in the configuration are relative to its own folder.
  config.schemaFile = join(web, config.schemaFile);
  config.apiFile = join(web, config.apiFile);
  config.outputFile = join(folder, "generated.ts");
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  execFileSync(join(web, "node_modules/.bin/rtk-query-codegen-openapi"), [join(folder, "config.json")], { cwd: web });
  const imports = /^import .*$/m;
  const fresh = readFileSync(join(folder, "generated.ts"), "utf8").replace(imports, "");
  const committed = readFileSync(join(web, "src/api/generated.ts"), "utf8").replace(imports, "");
  if (fresh !== committed) {
    console.error("src/api/generated.ts is not what openapi.json generates: run npm run codegen and commit it");
    process.exit(1);
  }
  console.log("src/api/generated.ts matches openapi.json");
} finally {
  rmSync(folder, { recursive: true });
}
