// Puts the viewer of the API reference beside the SPA: the gateway serves it at /docs, so nothing is loaded from elsewhere.
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const from = fileURLToPath(new URL("../node_modules/swagger-ui-dist", import.meta.url));
const to = fileURLToPath(new URL("../dist/docs", import.meta.url));

mkdirSync(to, { recursive: true });
copyFileSync(join(from, "swagger-ui-bundle.js"), join(to, "viewer.js"));
copyFileSync(join(from, "swagger-ui-bundle.js.LICENSE.txt"), join(to, "viewer.js.LICENSE.txt"));
copyFileSync(join(from, "swagger-ui.css"), join(to, "viewer.css"));
