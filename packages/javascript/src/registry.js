// What the plugin brings: each of these functions registers a component and gives its `run` back, for tests.

import { didYouMean } from "./similar.js";
import { place } from "./source_map.js";

/** Components by kind and by name, in the order in which they were registered. */
export const components = new Map(
  ["task", "facts_collector", "template_filter", "template_function", "log_source", "log_parser", "log_filter", "log_output", "command"].map(
    (kind) => [kind, new Map()],
  ),
);

/** The author's hooks, by the protocol's names. */
export const registeredHooks = new Map();

/** The schema of a component without configuration: any key is one too many. */
const NOTHING = { type: "object", additionalProperties: false };

/** The keys of a definition: those of every kind, and those of some. */
const KEYS = ["name", "description", "config", "run"];
const KEYS_OF_KIND = {
  task: ["type"],
  template_filter: ["value", "arguments"],
  template_function: ["arguments"],
  log_filter: ["value"],
  log_output: ["value"],
};

const HOOKS = {
  initialize: "initialize",
  shutdown: "shutdown",
  beforeTask: "before_task",
  afterTask: "after_task",
  onTaskFailure: "on_task_failure",
};

/** Does something. `run(config)` returns nothing, a message, or an object of data with perhaps a `message`. */
export function task(definition) {
  return register(task, "task", definition, { type: definition?.type ?? "apply" });
}

/** Finds something out. `run(config)` returns an object. */
export function facts(definition) {
  return register(facts, "facts_collector", definition);
}

/** `{{ value | name(…) }}`: `run(value, ...args, config)`, where the configuration is there if the definition has one. */
export function templateFilter(definition) {
  return register(templateFilter, "template_filter", definition, { type: "filter" });
}

/** `{{ name(…) }}`: `run(...args, config)`. */
export function templateFunction(definition) {
  return register(templateFunction, "template_function", definition, { type: "function" });
}

/** Where log lines come from: `run(config)` returns an iterable of lines or entries, usually as a generator function. */
export function logSource(definition) {
  return register(logSource, "log_source", definition);
}

/** Makes an entry of a line: `run(line, config)` returns an object. */
export function logParser(definition) {
  return register(logParser, "log_parser", definition);
}

/** Keeps an entry or drops it: `run(entry, config)` returns a boolean. */
export function logFilter(definition) {
  return register(logFilter, "log_filter", definition);
}

/** Where entries go: `run(entry, config)`. */
export function logOutput(definition) {
  return register(logOutput, "log_output", definition);
}

/** A command that the plugin adds: `run(args)`. */
export function command(definition) {
  return register(command, "command", definition);
}

/** What is called around tasks: `{ initialize, shutdown, beforeTask, afterTask, onTaskFailure }`, each if it is there. */
export function hooks(functions) {
  for (const [name, run] of Object.entries(functions)) {
    const known = HOOKS[name];
    const names = Object.keys(HOOKS);
    if (!known) throw new TypeError(`there is no hook \`${name}\`; there are: ${names.join(", ")}${didYouMean(name, names)}`);
    if (typeof run !== "function") throw new TypeError(`the hook \`${name}\` is no function`);
    if (registeredHooks.has(known)) throw new TypeError(`there are two hooks \`${name}\``);
    registeredHooks.set(known, { what: `the hook \`${name}\``, run, registered: stackAbove(hooks) });
  }
  return functions;
}

/** What the plugin brings, for the build: `{ components: [{ kind, definition, place }], others }`. */
export function describe() {
  const kinds = [...components].filter(([kind]) => kind !== "command");
  const described = kinds.flatMap(([kind, known]) =>
    [...known.values()].map((component) => ({ kind, definition: announce(component), place: place(component.registered) })),
  );
  const hooks = [...registeredHooks.keys()].filter((name) => name !== "initialize" && name !== "shutdown");
  return { components: described, others: [...hooks, ...components.get("command").keys()] };
}

/** How a component is announced to the host. */
export function announce({ name, type, description, schema }) {
  return { name, type, description, config_schema: schema };
}

function register(caller, kind, definition, more = {}) {
  const noun = kind.replaceAll("_", " ");
  const { name, description, config, value, arguments: args = [], run } = definition ?? {};
  // Names become parts of file names and stand in front of dots, so nothing else is let through.
  if (typeof name !== "string" || !/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name)) {
    throw new TypeError(
      `a ${noun} is called by ASCII letters, digits, \`-\` and \`_\`, a letter first, at most 64; not ${JSON.stringify(name)}`,
    );
  }
  if (typeof run !== "function") throw new TypeError(`the ${noun} \`${name}\` has no function \`run\``);
  const keys = [...KEYS, ...(KEYS_OF_KIND[kind] ?? [])];
  const unknown = Object.keys(definition).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    const has = keys.map((key) => `\`${key}\``).join(", ");
    throw new TypeError(`the ${noun} \`${name}\` has a key \`${unknown}\`, and a ${noun} has ${has}${didYouMean(unknown, keys)}`);
  }
  const known = components.get(kind);
  if (known.has(name)) throw new TypeError(`there are two components of the kind ${noun} that are called \`${name}\``);
  // Filters and functions are announced in one list, but called apart.
  const schema = config ?? (kind === "command" ? undefined : NOTHING);
  // Its stack has the place, which is looked for where a message needs it.
  const about = { what: `the ${noun} \`${name}\``, registered: stackAbove(caller) };
  known.set(name, { name, ...more, ...about, description, config, value, arguments: args, schema, run });
  return run;
}

/** Where a function of the SDK was called, for `place`. */
function stackAbove(caller) {
  const error = new Error("registered here");
  Error.captureStackTrace?.(error, caller);
  return error;
}
