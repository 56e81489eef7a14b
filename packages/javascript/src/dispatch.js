// From a call of the protocol to the author's function.

import { isComponent } from "#host";

import { readArguments } from "./arguments.js";
import { Defect, Failure, explain } from "./failure.js";
import { fit } from "./fit.js";
import { quoted } from "./inspect.js";
import { kindOf, read, readExactly, write, writeObject } from "./json.js";
import { announce, components, registeredHooks } from "./registry.js";
import { settling } from "./settle.js";
import { batch } from "./sources.js";

let manifest = {};

/** What is running, for messages: an instance has one call at a time. */
let current;

/** What was called last: `{ what, registered }`. */
export function runningComponent() {
  return current;
}

/** Says who the plugin is. The build does, with what stands in `package.json`. */
export function setManifest(value) {
  manifest = value;
}

/** The manifest, with the components that are registered. */
export function metadata() {
  const entries = [...components].flatMap(([kind, known]) =>
    // The protocol has no kind for these yet.
    kind === "command" ? [] : [...known.values()].map(({ name, description }) => ({ kind, name, description })),
  );
  return write({ ...manifest, components: entries });
}

/** The definitions of the components of these kinds. */
export function definitions(...kinds) {
  return write(kinds.flatMap((kind) => [...components.get(kind).values()].map(announce)));
}

/** The names of the hooks around tasks. */
export function hookNames() {
  return write([...registeredHooks.keys()].filter((name) => name !== "initialize" && name !== "shutdown"));
}

/**
 * Runs a task. It always answers with a task result where the failure is one that the plugin foresaw; a mistake of the plugin is
 * thrown.
 */
export function executeTask(name, config) {
  return attempt(
    () => then(run("task", name, (task) => task.run(readConfig(task, config))), taskResult),
    (thrown) => {
      if (!(thrown instanceof Failure)) throw thrown;
      return write({ status: "error", message: explain(thrown, current) });
    },
  );
}

export function executeFacts(name, config) {
  return then(run("facts_collector", name, (facts) => facts.run(readConfig(facts, config))), writeObject);
}

export function executeSource(name, config) {
  return run("log_source", name, (source) => batch(name, config, () => source.run(readConfig(source, config))));
}

export function executeParser(name, config, line) {
  return then(run("log_parser", name, (parser) => parser.run(line, readConfig(parser, config))), writeObject);
}

export function executeFilter(name, config, entry) {
  const kept = run("log_filter", name, (filter) => filter.run(readEntry(filter, entry), readConfig(filter, config)));
  return then(kept, (keep) => {
    if (typeof keep !== "boolean") throw new Defect(`what it returned is neither true nor false: it is ${kindOf(keep)}`);
    return write(keep);
  });
}

export function executeOutput(name, config, entry) {
  const written = run("log_output", name, (output) => output.run(readEntry(output, entry), readConfig(output, config)));
  return then(written, () => "null");
}

export function executeTemplateFilter(name, config, value, args) {
  const result = run("template_filter", name, (filter) => {
    const given = [readValue("value", filter, readExactly("the value", value)), ...readArguments(filter.arguments, args)];
    return filter.run(...given, ...ownConfig(filter, config));
  });
  return then(result, writeSomething);
}

export function executeTemplateFunction(name, config, args) {
  const result = run("template_function", name, (called) =>
    called.run(...readArguments(called.arguments, args), ...ownConfig(called, config)),
  );
  return then(result, writeSomething);
}

export function executeCommand(name, args) {
  const result = run("command", name, (command) => {
    const given = read("its list of arguments", args.trim() === "" ? "[]" : args);
    return command.run(command.config ? check("its list of arguments", command.config, given) : given);
  });
  return then(result, write);
}

/** Calls a hook, with values in JSON. One that the plugin does not have does nothing. */
export function hook(name, ...values) {
  current = undefined;
  const called = registeredHooks.get(name);
  if (!called) return "null";
  current = called;
  return then(called.run(...values.map((value) => (value.trim() === "" ? undefined : read("what a hook is told", value)))), write);
}

/** What `run` throws is thrown, whether it throws at once or later. */
export function attempt(run, rescue) {
  try {
    const value = run();
    return value instanceof Promise ? value.catch(rescue) : value;
  } catch (thrown) {
    return rescue(thrown);
  }
}

function run(kind, name, call) {
  current = undefined;
  const component = components.get(kind).get(name);
  if (!component) throw new Failure(`Unknown ${kind.replaceAll("_", " ")}: ${name}`);
  current = component;
  return call(component);
}

/** The author's function may be asynchronous; what is not stays so. */
function then(value, next) {
  if (typeof value?.then !== "function") return next(value);
  // In a test, node has timers and input that may settle it.
  const promise = Promise.resolve(value);
  return (isComponent ? settling(promise) : promise).then(next);
}

function readConfig(component, json) {
  if (!component.config) return {};
  return check("its configuration", component.config, readExactly("its configuration", json));
}

/** For template extensions, whose configuration is a parameter only where they have one. */
function ownConfig(component, json) {
  return component.config ? [readConfig(component, json)] : [];
}

function readValue(what, component, value) {
  return component.value ? check(`the ${what}`, component.value, value) : value;
}

/** An entry is an object, whatever else a component wants of it. */
function readEntry(component, json) {
  const entry = readValue("entry", component, read("the entry", json));
  return component.value ? entry : check("the entry", { type: "object" }, entry);
}

function check(what, schema, value) {
  try {
    return fit(schema, value);
  } catch (failure) {
    throw new Failure(`${what} does not fit: ${failure.message}`);
  }
}

/** What a template is to have: nothing at all is a forgotten `return`. */
function writeSomething(returned) {
  if (returned === undefined) throw new Defect("it returned nothing; write `return` in front of the value, or `return null` for none");
  return write(returned);
}

function taskResult(returned) {
  if (returned === undefined || returned === null) return write({ status: "success" });
  if (typeof returned === "string") return write({ status: "success", message: returned });
  if (typeof returned !== "object" || Array.isArray(returned)) {
    throw new Defect(`what it returned is ${kindOf(returned)}; a task returns nothing, a message, or an object`);
  }
  // What is no plain object is what it is as JSON.
  const isPlain = Object.getPrototypeOf(returned) === Object.prototype;
  const { status = "success", message, ...data } = isPlain ? returned : JSON.parse(writeObject(returned));
  if (status !== "success" && status !== "error") {
    throw new Defect(`what it returned has the status ${quoted(status)}; that of a task is \`success\` or \`error\``);
  }
  if (message !== undefined && message !== null && typeof message !== "string") {
    throw new Defect(`what it returned has a message that is ${kindOf(message)}; the message of a task is text`);
  }
  return write({ status, message: message ?? undefined, ...data });
}
