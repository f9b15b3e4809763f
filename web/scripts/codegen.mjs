// Makes the API's client of openapi.json: `src/api/generated.ts` holds every type (and costs a bundle nothing),
// `src/api/endpoints/<group>.ts` the calls of one group, so that a page loads the groups it uses and the entry only `shell`.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// The package's module build asks for `require`, which only its CommonJS build has.
const { generateEndpoints } = createRequire(import.meta.url)("@rtk-query/codegen-openapi");

export const web = fileURLToPath(new URL("..", import.meta.url));
const { groups, ...options } = JSON.parse(readFileSync(join(web, "codegen.config.json"), "utf8"));

const START = /^ {6}(\w+): build\.(?:query|mutation)/;
const END = /^ {4}\}\),$/;
const TAG = /^ +(?:provides|invalidates)Tags: \["(\w+)"\],$/m;

/** The generator's one module, cut where its formatting shows: the calls by name, and the types behind them. @param {string} source */
function cut(source) {
  const lines = source.split("\n");
  const end = lines.findIndex((line) => END.test(line));
  const types = lines.slice(lines.findIndex((line) => line.startsWith("export type ")));
  /** @type {Map<string, string[]>} */
  const calls = new Map();
  /** @type {string[]} */
  let call = [];
  for (const line of lines.slice(0, end)) {
    const name = START.exec(line)?.[1];
    if (name !== undefined) calls.set(name, (call = []));
    if (calls.size > 0) call.push(line.replace(/^ {2}/, ""));
  }
  const wanted = source.match(/build\.(?:query|mutation)</g)?.length ?? 0;
  if (end < 0 || calls.size === 0 || calls.size !== wanted) throw new Error(`found ${calls.size} of ${wanted} calls: the generator writes another form`);
  return { calls: new Map([...calls].map(([name, text]) => [name, text.join("\n")])), types: types.join("\n") };
}

/** @param {string} group @param {string[]} calls */
function moduleOf(group, calls) {
  const text = calls.join("\n");
  const tags = [...new Set(calls.map(tagOf))].sort();
  const types = [...new Set(text.match(/\b\w+Api(?:Response|Arg)\b/g))].sort();
  return [
    `// Calls of "${group}". Made by \`npm run codegen\` from openapi.json.`,
    'import { api } from "../base";',
    `import type {\n${types.map((name) => `  ${name},`).join("\n")}\n} from "../generated";`,
    "",
    `export const ${group}Endpoints = api.enhanceEndpoints({ addTagTypes: ${JSON.stringify(tags)} }).injectEndpoints({`,
    "  endpoints: (build) => ({",
    text,
    "  }),",
    "  overrideExisting: false,",
    "});",
    "",
  ].join("\n");
}

/** The service's own word for where a call belongs. @param {string} call */
function tagOf(call) {
  const tag = TAG.exec(call)?.[1];
  if (tag === undefined) throw new Error(`a call without a tag:\n${call}`);
  return tag;
}

/** Every file that the client is made of, by its path under src/api. */
export async function generate() {
  const source = await generateEndpoints({ ...options, schemaFile: join(web, options.schemaFile), apiFile: join(web, options.apiFile) });
  const { calls, types } = cut(source);
  const chosen = new Map(Object.entries(groups).flatMap(([group, names]) => names.map((/** @type {string} */ name) => [name, group])));
  for (const name of chosen.keys()) if (!calls.has(name)) throw new Error(`codegen.config.json names ${name}, which the API lacks`);
  /** @type {Map<string, string[]>} */
  const grouped = new Map();
  for (const [name, call] of calls) {
    const group = chosen.get(name) ?? tagOf(call);
    grouped.set(group, [...(grouped.get(group) ?? []), call]);
  }
  const files = [...grouped].map(([group, those]) => /** @type {const} */ ([`endpoints/${group}.ts`, moduleOf(group, those)]));
  return new Map([["generated.ts", `// Types of openapi.json. Made by \`npm run codegen\`.\n${types}`], ...files]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = await generate();
  const folder = join(web, "src/api/endpoints");
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!files.has(`endpoints/${name}`)) rmSync(join(folder, name));
  for (const [path, text] of files) writeFileSync(join(web, "src/api", path), text);
}
