// Fails when the client in src/api is not what the generator makes of openapi.json.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { generate, web } from "./codegen.mjs";

const api = join(web, "src/api");
const files = await generate();
const made = [...files].filter(([path, text]) => !existsSync(join(api, path)) || readFileSync(join(api, path), "utf8") !== text);
const stray = readdirSync(join(api, "endpoints")).filter((name) => !files.has(`endpoints/${name}`));
const wrong = [...made.map(([path]) => path), ...stray.map((name) => `endpoints/${name}`)];
if (wrong.length > 0) {
  console.error(`not what openapi.json generates: ${wrong.join(", ")}; run npm run codegen and commit it`);
  process.exit(1);
}
console.log("src/api matches openapi.json");
