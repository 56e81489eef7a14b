// `driftless plugin build` runs this with node: `build.mjs bundle PLAN` makes one file of a plugin and its packages and asks it for its
// components, `build.mjs componentize PLAN` makes a component of that file. What is wrong goes to standard error.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [step, planFile] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(planFile, "utf8"));
const bundleFile = join(plan.out, "bundle.js");
const mapFile = join(plan.out, "map.json");

/** The plugin's own words for the capabilities of the protocol. */
const CAPABILITIES = {
  file: { module: "files", permission: "files" },
  http: { module: "http", permission: "network" },
  environment: { module: "environment", permission: "environment" },
  process: { module: "process", permission: "commands" },
};

const SDK = "@driftless/plugin-sdk";

/** Not the author's code: the plugin uses what it does not ask for. */
const NOT_ASKED_FOR = 3;

function fail(text, code = 1) {
  console.error(text.trimEnd());
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
    build.onResolve({ filter: /^@driftless\/plugin-sdk(\/|$)/ }, ({ path }) => {
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
      define: { "process.env.NODE_ENV": '"production"' },
      sourcemap: "external",
      sourcesContent: false,
      metafile: true,
      legalComments: "none",
      logLevel: "silent",
      external: ["driftless:*"],
      plugins: [sdk],
      ...options,
    });
  } catch (failure) {
    const errors = failure.errors ?? [{ text: String(failure) }];
    const texts = await esbuild.formatMessages(errors, { kind: "error", color: false });
    return fail(`it does not compile:\n${texts.map((text) => text.trim()).join("\n\n")}`);
  }
}

const textOf = (result, ending) => result.outputFiles.find(({ path }) => path.endsWith(ending)).text;

async function bundle() {
  const esbuild = createRequire(join(plan.project, "package.json"))(plan.esbuild);
  const author = `import ${JSON.stringify(`./${plan.entry}`)};
export * from "${SDK}/exports";
import { setManifest } from "${SDK}/exports";
setManifest(${JSON.stringify(plan.manifest)});
`;
  const component = await bundled(esbuild, `import "${SDK}/component";\n${author}`, { conditions: ["driftless", "module"] });
  for (const text of await esbuild.formatMessages(component.warnings, { kind: "warning", color: false })) console.error(text);
  const [output] = Object.values(component.metafile.outputs).filter((output) => output.entryPoint);
  for (const { path } of output.imports) checkImport(path);
  const map = JSON.parse(textOf(component, ".map"));
  const { compact } = await sourceMaps();
  const positions = JSON.stringify(compact({ sources: map.sources.map(named), mappings: map.mappings }));
  mkdirSync(plan.out, { recursive: true });
  writeFileSync(bundleFile, `${textOf(component, ".js")}\nglobalThis.__driftless_source_map = ${JSON.stringify(positions)};\n`);
  writeFileSync(mapFile, positions);
  await describe(esbuild, author);
}

/** Complains about what the host would refuse. */
function checkImport(path) {
  const capability = /^driftless:plugin\/(.*)@/.exec(path)?.[1];
  if (capability === "host" || plan.capabilities.includes(capability)) return;
  const words = CAPABILITIES[capability];
  if (!words) fail(`it imports \`${path}\`, which no plugin can have`, NOT_ASKED_FOR);
  const { module, permission } = words;
  fail(
    `it uses \`${module}\` without asking for it: add \`"driftless": {"permissions": {"${permission}": […]}}\` to package.json`,
    NOT_ASKED_FOR,
  );
}

/** Asks the plugin, here in node, what it brings. What its top level throws is better told now than out of WebAssembly. */
async function describe(esbuild, author) {
  const result = await bundled(esbuild, author, { conditions: ["module"], sourcemap: "inline", sourcesContent: true });
  const file = join(plan.out, "describe.mjs");
  // The sources are relative to the project, and so has the file to be.
  writeFileSync(file, textOf(result, ".js").replace(/^\/\/# sourceMappingURL=data:application\/json;base64,(.*)$/m, (_, map) => {
    const read = JSON.parse(Buffer.from(map, "base64").toString());
    read.sources = read.sources.map((source) => pathToFileURL(resolve(plan.project, source)).href);
    return `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(read)).toString("base64")}`;
  }));
  try {
    const plugin = await import(pathToFileURL(file).href);
    writeFileSync(join(plan.out, "manifest.json"), plugin.getPluginMetadata());
  } catch (thrown) {
    fail(`it fails while it is loaded:\n${stack(thrown)}`);
  }
  rmSync(file);
}

/** Message and frames of what was thrown, in the author's files. */
function stack(thrown) {
  const text = String(thrown?.stack ?? thrown);
  const own = text.split("\n").filter((line) => !/^\s+at /.test(line) || (!line.includes("node:") && !line.includes("/.driftless/")));
  return own.join("\n").replaceAll(`${pathToFileURL(plan.project).href}/`, "").replaceAll(`${plan.project}/`, "");
}

async function componentize() {
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

/** What reads source maps, at run time too. */
const sourceMaps = () => import(pathToFileURL(join(plan.sdk, "src/source_map.js")).href);

/** Its places in the bundle as places in the author's files. */
async function mapped(text) {
  const { frames, open, original } = await sourceMaps();
  const map = open(JSON.parse(readFileSync(mapFile, "utf8")));
  const places = frames(text).map((frame) => original(map, frame)).filter(Boolean);
  return [text, ...places.map(({ source, line, column }) => `    at ${source}:${line}:${column}`)].join("\n");
}

await { bundle, componentize }[step]();
