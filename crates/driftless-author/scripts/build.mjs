// `driftless plugin build` runs this with node, step by step: `build.mjs bundle PLAN` makes one file of a plugin and its packages and looks for what a plugin
// does not have, `build.mjs describe PLAN` loads it and asks it for its components, `build.mjs componentize PLAN` makes a component of it. What is wrong goes
// to standard error.

import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules, createRequire, syncBuiltinESMExports } from "node:module";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

import { frozen, loading } from "./loading.mjs";
import { provide, search, unavailable } from "./search.mjs";
import { snapshot } from "./snapshot.mjs";

const [step, planFile] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(planFile, "utf8"));
const bundleFile = join(plan.out, "bundle.js");
const mapFile = join(plan.out, "map.json");
const describeFile = join(plan.out, "describe.mjs");

/** The plugin's own words for the capabilities of the protocol. */
const CAPABILITIES = {
  file: { module: "files", permission: "files" },
  http: { module: "http", permission: "network" },
  environment: { module: "environment", permission: "environment" },
  process: { module: "process", permission: "commands" },
  functions: { module: "functions", permission: "functions", capability: "function" },
};

const SDK = "@driftless/plugin-sdk";

/** How long the top level of a plugin may run. */
const LOADING_SECONDS = 60;

/** Not the author's code: the plugin uses what it does not ask for. */
const NOT_ASKED_FOR = 3;

/** Not with `console`, which is the plugin's once that is loaded. */
function tell(text) {
  process.stderr.write(`${text.trimEnd()}\n`);
}

function fail(text, code = 1) {
  tell(text);
  process.exit(code);
}

/** Sources as the author knows them: by their path in the project. */
function named(source) {
  const path = resolve(plan.project, source);
  const inSdk = relative(plan.sdk, path);
  return inSdk.startsWith("..") ? relative(plan.project, path).replaceAll("\\", "/") : `${SDK}/${inSdk.replaceAll("\\", "/")}`;
}

/** Lets the plugin find the SDK that came with this command, and nothing else of that name. */
const sdk = {
  name: "driftless-sdk",
  setup(build) {
    const { exports } = JSON.parse(readFileSync(join(plan.sdk, "package.json"), "utf8"));
    build.onResolve({ filter: /^@driftless\/plugin-sdk(\/|$)/ }, ({ path, kind }) => {
      // It would bring all of the SDK along, and with it what the plugin does not ask for.
      if (kind === "require-call" || kind === "dynamic-import") {
        const call = kind === "require-call" ? "require" : "import";
        return { errors: [{ text: `\`${call}("${path}")\`: write \`import { task } from "${path}";\` at the top of the module` }] };
      }
      const entry = exports["." + path.slice(SDK.length)];
      if (!entry) return { errors: [{ text: `${SDK} has no ${path.slice(SDK.length + 1)}` }] };
      // The package says which of its modules have side effects, which esbuild does not look up for a plugin's answer.
      return { path: join(plan.sdk, entry.default ?? entry), sideEffects: path.endsWith("/component") };
    });
  },
};

async function bundled(esbuild, contents, options) {
  try {
    return await esbuild.build({
      stdin: { contents, resolveDir: plan.project, sourcefile: "driftless-entry.js" },
      absWorkingDir: plan.project,
      // Never written there: the sources of its map are relative to it.
      outfile: join(plan.project, "driftless-bundle.js"),
      bundle: true,
      write: false,
      format: "esm",
      platform: "neutral",
      target: "es2022",
      charset: "utf8",
      mainFields: ["module", "main"],
      // The engine would refuse the whole file for one of them. As calls, they are found here, and fail where they are used.
      supported: { "regexp-unicode-property-escapes": false },
      sourcemap: "external",
      sourcesContent: false,
      metafile: true,
      legalComments: "none",
      logLevel: "silent",
      external: ["driftless:*"],
      plugins: [sdk],
      ...options,
      define: { "process.env.NODE_ENV": '"production"', global: "globalThis", ...options.define },
    });
  } catch (failure) {
    const errors = failure.errors ?? [{ text: String(failure) }];
    for (const error of errors) await advise(error);
    const texts = await esbuild.formatMessages(errors, { kind: "error", color: false });
    return fail(`it does not compile:\n${texts.map((text) => text.trim()).join("\n\n")}`);
  }
}

/** Puts what is to be done here into the place of what esbuild advises elsewhere. */
async function advise(error) {
  // The author has no plugins of esbuild.
  error.pluginName = "";
  const [, name] = /^Could not resolve "(.*)"$/.exec(error.text) ?? [];
  const [, inFile, wanted] = /^No matching export in "(.*)" for import "(.*)"$/.exec(error.text) ?? [];
  if (name && (name.startsWith("node:") || builtinModules.includes(name))) {
    const { insteadOfModule } = await ofSdk("missing");
    error.text = insteadOfModule(name);
    error.notes = [];
  } else if (name) {
    const isFile = /^[./]/.test(name);
    const found = isFile || name.startsWith("#") ? undefined : name.split("/").slice(0, name.startsWith("@") ? 2 : 1).join("/");
    const notes = error.notes?.filter(({ text }) => !/external|platform/.test(text)) ?? [];
    const text = found
      ? `A package is installed with \`npm install ${found}\`. Node's own modules are not there; the SDK has \`files\`, \`http\`, \`environment\` and \`process\`.`
      : "There is no such file; a path begins at the module that imports it, with `./` or `../`.";
    error.notes = [...notes, { text }];
  } else if (inFile && named(inFile) === `${SDK}/src/index.js`) {
    const { didYouMean } = await ofSdk("similar");
    const names = Object.keys(await ofSdk("index"));
    error.text = wanted === "default"
      ? `${SDK} exports nothing by \`default\`: write \`import { task } from "${SDK}";\``
      : `${SDK} has no \`${wanted}\`${didYouMean(wanted, names)}`;
    error.notes = [];
  }
}

const textOf = (result, ending) => result.outputFiles.find(({ path }) => path.endsWith(ending)).text;

async function bundle() {
  const esbuild = createRequire(join(plan.project, "package.json"))(plan.esbuild);
  const entry = `import "${SDK}/component";
import ${JSON.stringify(`./${plan.entry}`)};
export * from "${SDK}/exports";
import { setManifest } from "${SDK}/exports";
setManifest(${JSON.stringify(plan.manifest)});
`;
  const component = await bundled(esbuild, entry, { conditions: ["driftless", "module"] });
  for (const text of await esbuild.formatMessages(component.warnings, { kind: "warning", color: false })) tell(text);
  const [output] = Object.values(component.metafile.outputs).filter((output) => output.entryPoint);
  for (const { path } of output.imports) checkImport(path, component);
  const map = JSON.parse(textOf(component, ".map"));
  const { compact } = await ofSdk("source_map");
  const positions = JSON.stringify(compact({ sources: map.sources.map(named), mappings: map.mappings }));
  mkdirSync(plan.out, { recursive: true });
  writeFileSync(bundleFile, `${textOf(component, ".js")}\nglobalThis.__driftless_source_map = ${JSON.stringify(positions)};\n`);
  writeFileSync(mapFile, positions);
  await findUnavailable(esbuild, `${entry}export { describe } from "${SDK}/describe";\n`);
}

/**
 * Complains where the SDK is used as one value. What is read from `sdk.task` is found by its name, but what such a value has is all that there is, and with it
 * what the plugin does not ask for.
 */
function findWholeSdk({ metafile, outputFiles }) {
  const isWhole = /^\/\/ \S*\/src\/index\.js\nvar \w+ = \{\};\n__export\(\w+, \{\n(?:  \w+: \(\) => \w+,?\n)*?  templateFunction: /m;
  if (!isWhole.test(textOf({ outputFiles }, ".js"))) return;
  const pattern = /\bimport\s*\*\s*as\s+([\w$]+)\s+from\s*["']@driftless\/plugin-sdk["']/g;
  const found = Object.keys(metafile.inputs).flatMap((source) => {
    if (source.startsWith("node_modules/") || named(source).startsWith(SDK) || source.includes("driftless-entry.js")) return [];
    const text = readFileSync(resolve(plan.project, source), "utf8");
    return [...text.matchAll(pattern)].map(({ index, 1: name }) => {
      const lines = text.slice(0, index).split("\n");
      const write = `write \`import { task } from "${SDK}";\`, or \`${name}.task\` where it is used`;
      return `${named(source)}:${lines.length}:${lines.at(-1).length + 1}: \`${name}\` is used as a value, which has all of the SDK in it; ${write}`;
    });
  });
  if (found.length > 0) fail(`it uses what it does not ask for:\n${found.join("\n")}`, NOT_ASKED_FOR);
}

/**
 * Looks for what a plugin does not have, in the file that node is going to load: there, each global that is missing has a name by which it is found and by
 * which node does not find it.
 */
async function findUnavailable(esbuild, entry) {
  const missing = await ofSdk("missing");
  const { define } = unavailable(missing);
  const result = await bundled(esbuild, entry, { conditions: ["module"], sourcesContent: true, define });
  const code = textOf(result, ".js");
  const map = JSON.parse(textOf(result, ".map"));
  const { open, compact, original } = await ofSdk("source_map");
  const opened = open(compact({ sources: map.sources.map(named), mappings: map.mappings }));
  const found = search(code, missing, (place) => original(opened, place));
  const told = ({ place, text }) => `${place.source}:${place.line}:${place.column}: ${text}`;
  const warnings = found.filter(({ works }) => works);
  if (warnings.length > 0) tell(warnings.map(told).join("\n"));
  const errors = found.filter(({ works }) => !works);
  if (errors.length > 0) fail(`it uses what a plugin does not have:\n${errors.map(told).join("\n")}`);
  // Sources as node finds them: the ones of esbuild are relative to the project, which this file is not in.
  map.sources = map.sources.map((source) => pathToFileURL(resolve(plan.project, source)).href);
  const inline = Buffer.from(JSON.stringify(map)).toString("base64");
  writeFileSync(describeFile, `${code}\n//# sourceMappingURL=data:application/json;base64,${inline}\n`);
}

/** Complains about what the host would refuse. */
function checkImport(path, component) {
  const name = /^driftless:plugin\/(.*)@/.exec(path)?.[1];
  const words = CAPABILITIES[name];
  if (name === "host" || plan.capabilities.includes(words?.capability ?? name)) return;
  findWholeSdk(component);
  if (!words) fail(`it imports \`${path}\`, which no plugin can have`, NOT_ASKED_FOR);
  const { module, permission } = words;
  fail(
    `it uses \`${module}\` without asking for it: add \`"driftless": {"permissions": {"${permission}": […]}}\` to package.json`,
    NOT_ASKED_FOR,
  );
}

/** Asks the plugin, here in node, what it brings. What its top level throws is better told now than out of WebAssembly. */
async function describe() {
  loading(stackOf);
  let over = false;
  const watch = watchEndless();
  process.once("exit", () => {
    // Node ends without a word where nothing is left that could go on with an `await`.
    if (!over) tell("it never finishes loading: an `await` at the top of a module waits for what never comes; wait inside of `run`");
  });
  let plugin;
  provide();
  try {
    plugin = await import(pathToFileURL(describeFile).href);
    over = true;
    watch.terminate();
  } catch (thrown) {
    over = true;
    fail(frozen()?.text ?? `it fails while it is loaded:\n${stack(thrown)}`);
  }
  const { text, warnings } = frozen() ?? {};
  if (text) fail(text);
  if (warnings) tell(warnings);
  writeFileSync(join(plan.out, "manifest.json"), plugin.getPluginMetadata());
  const described = plugin.describe();
  for (const component of described.components) component.place = component.place && relativeToProject(component.place);
  writeFileSync(join(plan.out, "definitions.json"), JSON.stringify(described));
  rmSync(describeFile);
}

/** Ends the process where the top level never does: only another thread can. */
function watchEndless() {
  const text = `it never finishes loading: the top level of a module still runs after ${LOADING_SECONDS} seconds; look for a loop without an end outside of \`run\`\n`;
  const code = `setTimeout(() => {
    require("node:fs").writeSync(2, ${JSON.stringify(text)});
    process.kill(process.pid, "SIGKILL");
  }, ${LOADING_SECONDS * 1000});`;
  const worker = new Worker(code, { eval: true });
  worker.unref();
  return worker;
}

function relativeToProject(text) {
  return text.replaceAll(`${pathToFileURL(plan.project).href}/`, "").replaceAll(`${plan.project}/`, "");
}

/** Message and frames of what was thrown, in the author's files. */
function stack(thrown) {
  if (!(thrown instanceof Error)) {
    const value = typeof thrown === "string" ? JSON.stringify(thrown) : String(thrown);
    return `something was thrown that is no Error, and so has no place: ${value}; \`throw new Error(…)\` keeps it`;
  }
  return stackOf(thrown).replaceAll(/__driftless_missing_(\w+)/g, "$1");
}

/** The stack of an error, without what is not the author's. */
function stackOf(error) {
  const own = String(error.stack).split("\n");
  const lines = own.filter((line) => !/^\s+at /.test(line) || (!line.includes("node:") && !line.includes("/.driftless/")));
  return relativeToProject(lines.join("\n"));
}

async function componentize() {
  runHere();
  const { exports } = JSON.parse(readFileSync(join(plan.componentize, "package.json"), "utf8"));
  const { componentize } = await import(pathToFileURL(join(plan.componentize, exports.import)).href);
  const disableFeatures = ["stdio", "random", "clocks", "http", "fetch-event"];
  const source = readFileSync(bundleFile, "utf8");
  try {
    const options = { witPath: plan.wit, worldName: plan.world, sourceName: "plugin.js", disableFeatures };
    const { component } = await componentize(source, options);
    writeFileSync(join(plan.out, "plugin.wasm"), component);
  } catch (failure) {
    fail(`componentize-js cannot make a component of it:\n${await mapped(String(failure?.message ?? failure))}`);
  }
}

/** Lets componentize-js load the plugin here, where that is the same each time, instead of starting wizer for it. */
function runHere() {
  // It writes the time into what stands for the clock in the component.
  process.hrtime.bigint = () => 1_000_000_000n;
  Date.now = () => 1000;
  const processes = createRequire(import.meta.url)("node:child_process");
  const { spawnSync } = processes;
  processes.spawnSync = (program, args, options) => {
    const value = (name) => args.find((arg) => arg.startsWith(name))?.slice(name.length);
    const [folder, out, run] = [value("--dir="), value("-o="), args[args.indexOf("--init-func") + 1]];
    if (!folder || !out) return spawnSync(program, args, options);
    const files = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));
    const input = "--initializer-script-path /initializer.js --strip-path-prefix / plugin.js";
    const { module, failure } = snapshot(readFileSync(args.at(-1)), run, { files, input, environment: options.env });
    if (module) writeFileSync(out, module);
    return { status: module ? 0 : 1, signal: null, stderr: failure ?? "" };
  };
  syncBuiltinESMExports();
}

/** A module of the SDK, for what the build and the run time have in common. */
const ofSdk = (name) => import(pathToFileURL(join(plan.sdk, `src/${name}.js`)).href);

/** Its places in the bundle as places in the author's files. */
async function mapped(text) {
  const { frames, open, original } = await ofSdk("source_map");
  const map = open(JSON.parse(readFileSync(mapFile, "utf8")));
  const places = frames(text).map((frame) => original(map, frame)).filter(Boolean);
  return [text, ...places.map(({ source, line, column }) => `    at ${source}:${line}:${column}`)].join("\n");
}

await { bundle, describe, componentize }[step]();
