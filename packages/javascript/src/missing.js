// What JavaScript has elsewhere and a plugin has not, and what there is instead. The build says it at the author's line, and a message at run time has it
// as well.

const NO_NODE = "a plugin runs without Node.js";
const NO_BROWSER = "a plugin runs in no browser";
const INTL = "the engine has no data about languages: format the parts yourself, or with an npm package that brings its data along";

/** Globals, by name. */
export const GLOBALS = {
  Atomics: "a plugin has one thread and needs none",
  Buffer: `${NO_NODE}; use \`Uint8Array\` with \`TextEncoder\`, \`TextDecoder\`, \`atob\` and \`btoa\``,
  BroadcastChannel: "a plugin has one thread; call the function itself",
  EventSource: "a plugin has no network of its own; `http` of `@driftless/plugin-sdk` asks its host",
  Intl: INTL,
  MessageChannel: "a plugin has one thread; call the function itself",
  SharedArrayBuffer: "a plugin has one thread; use `ArrayBuffer`",
  WebAssembly: "a plugin cannot load another; do it in JavaScript",
  WebSocket: "a plugin has no network of its own; `http` of `@driftless/plugin-sdk` asks its host",
  Worker: "a plugin has one thread; call the function itself",
  XMLHttpRequest: "a plugin has no network of its own; `http` of `@driftless/plugin-sdk` asks its host",
  __dirname: `${NO_NODE}, and its sources are one file; \`import data from "./data.json"\` brings a file along`,
  __filename: `${NO_NODE}, and its sources are one file; \`import data from "./data.json"\` brings a file along`,
  alert: `${NO_BROWSER}; \`log\` of \`@driftless/plugin-sdk\` and \`console\` tell its user something`,
  clearImmediate: "a plugin has no timers; call the function itself",
  document: NO_BROWSER,
  fetch: "a plugin has no network of its own; `http.get` of `@driftless/plugin-sdk` asks its host, with the permission `network`",
  indexedDB: `${NO_BROWSER}; \`files\` of \`@driftless/plugin-sdk\` reads and writes files`,
  localStorage: `${NO_BROWSER}; \`files\` of \`@driftless/plugin-sdk\` reads and writes files`,
  navigator: NO_BROWSER,
  process: `${NO_NODE}; \`environment.get\` of \`@driftless/plugin-sdk\` reads variables, and \`process.run\` of it runs programs`,
  sessionStorage: `${NO_BROWSER}; \`files\` of \`@driftless/plugin-sdk\` reads and writes files`,
  setImmediate: "a plugin has no timers; call the function itself, or use `queueMicrotask`",
  setInterval: "a plugin has no timers, since nothing wakes it between two calls; do it once for each call",
  window: `${NO_BROWSER}; the global object is \`globalThis\``,
};

/** What there is, and works only without a delay. */
export const NO_DELAY =
  "`setTimeout` with a delay: a plugin cannot wait, since nothing wakes it between two calls; do it at once, or leave the delay out where only the order " +
  "of things matters";

/** Modules of Node.js, by name without `node:`; the others have no particular advice. */
const MODULES = {
  assert: "throw a `Failure` of `@driftless/plugin-sdk`, or an `Error`",
  buffer: "use `Uint8Array` with `TextEncoder`, `TextDecoder`, `atob` and `btoa`",
  child_process: "`process.run` of `@driftless/plugin-sdk` runs a program, with the permission `commands`",
  crypto: "the global `crypto` has `randomUUID`, `getRandomValues` and `subtle.digest`",
  dns: "`http` of `@driftless/plugin-sdk` takes names of hosts, with the permission `network`",
  events: "call the functions yourself, or use the global `EventTarget`",
  fs: "`files` of `@driftless/plugin-sdk` reads and writes files, with the permission `files`",
  http: "`http` of `@driftless/plugin-sdk` sends requests, with the permission `network`",
  net: "`http` of `@driftless/plugin-sdk` sends requests, with the permission `network`; there are no other connections",
  os: "`files`, `environment` and `process` of `@driftless/plugin-sdk` ask the machine, each with its permission",
  path: "paths are texts with `/`; join them with a template, or with an npm package such as `path-browserify`",
  perf_hooks: "`Date.now()` has the time in whole seconds, and `driftless -v` says what a call used",
  process: "`environment.get` of `@driftless/plugin-sdk` reads variables, and `process.run` of it runs programs",
  stream: "read the whole with `files.read`, or write a generator function",
  timers: "a plugin has no timers, since nothing wakes it between two calls",
  url: "the globals `URL` and `URLSearchParams` are there",
  util: "`TextEncoder`, `TextDecoder` and `structuredClone` are globals",
  worker_threads: "a plugin has one thread; call the function itself",
  zlib: "the global `DecompressionStream` is there, or an npm package such as `fflate`",
};
const LIKE = { "fs/promises": "fs", https: "http", http2: "http", tls: "net", dgram: "net", "timers/promises": "timers", "util/types": "util" };

/** What there is instead of a module of Node.js. */
export function insteadOfModule(name) {
  const plain = name.replace(/^node:/, "");
  const instead = MODULES[LIKE[plain] ?? plain] ?? "do it without, or with an npm package that needs none of Node's own modules";
  return `\`${name}\` is a part of Node.js, and ${NO_NODE}; ${instead}`;
}

/** What there is instead of a global. */
export function insteadOfGlobal(name) {
  return `\`${name}\` is not there: ${GLOBALS[name]}`;
}

export const NO_PROPERTIES =
  "regular expressions know no classes like `\\p{…}` here, since the engine has no tables of Unicode; list the characters, for example " +
  "`[A-Za-zÀ-ÖØ-öø-ÿ]`, or compare `text.toLowerCase()` with `text`";

export const NO_NORMALIZATION =
  "the engine has no tables of Unicode, so `normalize` works only on text that it leaves as it is; an npm package such as `unorm` brings them along";

/** What an engine's message means here, or nothing where it says all. */
export function hint(error) {
  const { name, message } = error;
  const unknown = name === "ReferenceError" && /^(\w+) is not defined$/.exec(message)?.[1];
  if (unknown && Object.hasOwn(GLOBALS, unknown)) return GLOBALS[unknown];
  if (name === "SyntaxError" && /property name in regular expression/.test(message)) return NO_PROPERTIES;
  return undefined;
}
