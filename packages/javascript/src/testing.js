// Tests of plugins, without touching the machine that runs them: a host that has what the test gives it, and the calls that a host makes.

import * as exported from "./exports.js";
import { HostError } from "./failure.js";
import { install } from "./host/outside.js";
import { toBytes } from "./exchange.js";

/** A host that has what the test gives it. Of several, the one that was made last answers; `remove` puts nothing in its place. */
export function testHost() {
  const host = new TestHost();
  install(host);
  return host;
}

/** See `testHost`. */
export class TestHost {
  #files = new Map();
  #folders = new Set();
  #written = new Set();
  #variables = new Map();
  #responses = new Map();
  #outputs = new Map();
  #functions = new Map();
  #failures = new Map();

  /** All that it was asked for, in order: `{ what, headers, body }`, where `what` is `read /srv/x` or `GET https://example.com/`. */
  requests = [];
  /** All messages, in order: `{ level, message }`. */
  logged = [];

  /** All that it was asked for, in words. */
  get calls() {
    return this.requests.map(({ what }) => what);
  }

  /** Gives it a file, with text or bytes. The folders above it are there as well. */
  file(path, contents) {
    this.#files.set(plain(path), toBytes(contents));
    return this;
  }

  /** Gives it an empty folder. */
  folder(path) {
    this.#folders.add(plain(path));
    return this;
  }

  /** Gives it an environment variable, or with `null` one that may be read and is not set. */
  variable(name, value) {
    this.#variables.set(name, value);
    return this;
  }

  /** Gives it the response to a request, `GET https://example.com/`. Given again it is the response to the next one; the last stays. */
  response(request, status, body = "", headers = []) {
    const url = request.slice(request.indexOf(" ") + 1);
    queue(this.#responses, request, { status, url, headers, body: toBytes(body) });
    return this;
  }

  /** Gives it the output of a command with these arguments. Given again it is the output of the next run; the last stays. */
  command(command, args, { code = 0, stdout = "", stderr = "", signal = null } = {}) {
    queue(this.#outputs, JSON.stringify([command, args]), { code, stdout: toBytes(stdout), stderr, signal });
    return this;
  }

  /** Gives it what a function of the host returns, whatever its arguments are. Given again it is what the next call returns; the last stays. */
  function(name, returns) {
    queue(this.#functions, name, returns);
    return this;
  }

  /** Lets a call fail, in the words of `calls`: `fails("read /etc/shadow", "denied")`. */
  fails(call, kind) {
    this.#failures.set(call, kind);
    return this;
  }

  /** What is in a file, as the test or the plugin has written it, in bytes. */
  contents(path) {
    return this.#files.get(path);
  }

  /** What is in a file that the plugin wrote, as text. */
  written(path) {
    return this.#written.has(path) ? new TextDecoder().decode(this.#files.get(path)) : undefined;
  }

  /** From now on everything is denied again. */
  remove() {
    install(undefined);
  }

  /** Takes a message. */
  log(level, message) {
    this.logged.push({ level, message });
  }

  /** Answers a request, as the protocol says. */
  answer(capability, request, body) {
    try {
      const [answer, bytes] = this[`_${capability}`](JSON.parse(request), body);
      return [JSON.stringify({ ok: answer }), bytes ?? new Uint8Array()];
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return [JSON.stringify({ error: { kind: error.kind, message: error.message } }), new Uint8Array()];
    }
  }

  _file(request, body) {
    const [[word, { path: given, mode }]] = Object.entries(request);
    const verb = word === "write" ? { replace: "write", in_place: "write in place", append: "append", new: "create" }[mode] : word;
    this.#note(`${verb} ${given}`, [], body);
    const path = plain(given);
    const contents = this.#files.get(path);
    const isFolder = this.#isFolder(path);
    const missing = () => {
      throw new HostError("not_found", `${path}: there is no such file in this test; \`file(${JSON.stringify(path)}, …)\` gives one`);
    };
    const failed = (why) => {
      throw new HostError("failed", `${path}: ${why}`);
    };
    if (word === "read") {
      return contents ? ["read", contents] : isFolder ? failed("it is a folder") : missing();
    }
    if (word === "stat") {
      if (contents) return [{ stat: { kind: "file", size: contents.length, modified: null } }];
      return isFolder ? [{ stat: { kind: "folder", size: 0, modified: null } }] : missing();
    }
    if (word === "list") {
      return isFolder ? [{ entries: this.#entries(path) }] : contents ? failed("it is no folder") : missing();
    }
    if (isFolder) failed("it is a folder");
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      // As where the folder is missing: there is no such place.
      const above = path.slice(0, at);
      if (this.#files.has(above)) throw new HostError("not_found", `${path}: ${above} is no folder`);
    }
    if (mode === "new" && contents) failed("it is there already");
    const before = mode === "append" && contents ? contents : new Uint8Array();
    const after = new Uint8Array(before.length + body.length);
    after.set(before);
    after.set(body, before.length);
    this.#files.set(path, after);
    this.#written.add(path);
    return ["written"];
  }

  _http({ method, url, headers = [] }, body) {
    const what = `${method} ${url}`;
    this.#note(what, headers, body);
    const { body: answered, ...answer } = next(this.#responses.get(what)) ?? denied(what, `response(${JSON.stringify(what)}, …)`);
    return [answer, answered];
  }

  _environment({ name }) {
    const what = `var ${name}`;
    this.#note(what, [], new Uint8Array());
    if (!this.#variables.has(name)) denied(what, `variable(${JSON.stringify(name)}, …)`);
    return [{ value: this.#variables.get(name) ?? null }];
  }

  _process({ command, arguments: args = [] }, body) {
    const words = args.map((word) => (word === "" || /\s/.test(word) ? JSON.stringify(word) : word));
    const what = ["run", command, ...words].join(" ");
    this.#note(what, [], body);
    const help = `command(${JSON.stringify(command)}, ${JSON.stringify(args)}, …)`;
    const { stdout, ...answer } = next(this.#outputs.get(JSON.stringify([command, args]))) ?? denied(what, help);
    return [answer, stdout];
  }

  _functions({ function: name, arguments: args = null }) {
    const what = `call ${name} ${JSON.stringify(args)}`;
    this.#note(what, [], new Uint8Array());
    if (!this.#functions.has(name)) denied(what, `function(${JSON.stringify(name)}, …)`);
    return [next(this.#functions.get(name))];
  }

  /** Writes a call down, and lets it fail where the test wants that. */
  #note(what, headers, body) {
    this.requests.push({ what, headers, body });
    const kind = this.#failures.get(what);
    if (kind) throw new HostError(kind, `\`${what}\` fails, since the test says so`);
  }

  #isFolder(path) {
    return path === "/" || this.#folders.has(path) || this.#paths().some((known) => known.startsWith(`${path}/`));
  }

  #entries(folder) {
    const start = folder === "/" ? "/" : `${folder}/`;
    const kinds = new Map();
    for (const known of this.#paths()) {
      if (!known.startsWith(start) || known === start) continue;
      const [name, ...rest] = known.slice(start.length).split("/");
      kinds.set(name, rest.length > 0 || !this.#files.has(known) ? "folder" : "file");
    }
    return [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, kind]) => ({ name, kind }));
  }

  #paths() {
    return [...this.#files.keys(), ...this.#folders];
  }
}

// What a host calls, with values instead of JSON. What the component refuses is thrown as an Error with its words.

export const taskDefinitions = () => call("getTaskDefinitions");
export const factsCollectors = () => call("getFactsCollectors");
export const templateExtensions = () => call("getTemplateExtensions");
export const executeTask = (name, config = {}) => call("executeTask", name, json(config));
export const executeFactsCollector = (name, config = {}) => call("executeFactsCollector", name, json(config));
export const executeLogParser = (name, line, config = {}) => call("executeLogParser", name, json(config), line);
export const executeLogFilter = (name, entry, config = {}) => call("executeLogFilter", name, json(config), json(entry));
export const executeLogOutput = (name, entry, config = {}) => call("executeLogOutput", name, json(config), json(entry));
export const executeCommand = (name, args = []) => call("executeCommand", name, json(args));
export const beforeTask = (context) => call("beforeTask", json(context));
export const afterTask = (context, result) => call("afterTask", json(context), json(result));
export const onTaskFailure = (context, error) => call("onTaskFailure", json(context), json(error));

/** `args` is a list, or an object of arguments by name. */
export function executeTemplateFilter(name, value, args = [], config = {}) {
  return call("executeTemplateFilter", name, json(config), json(value), json(given(args)));
}

/** `args` is a list, or an object of arguments by name. */
export function executeTemplateFunction(name, args = [], config = {}) {
  return call("executeTemplateFunction", name, json(config), json(given(args)));
}

/** All records of a source, over as many calls as it takes. */
export function executeLogSource(name, config = {}) {
  const records = [];
  for (;;) {
    const batch = call("executeLogSource", name, json(config));
    records.push(...batch.records);
    if (!batch.more) return records;
  }
}

function call(name, ...strings) {
  const read = (reply) => JSON.parse(reply);
  const refused = (thrown) => {
    throw new Error(thrown.message, { cause: thrown.cause });
  };
  try {
    const reply = exported[name](...strings);
    return reply instanceof Promise ? reply.then(read, refused) : read(reply);
  } catch (thrown) {
    return refused(thrown);
  }
}

function json(value) {
  return JSON.stringify(value) ?? "null";
}

function given(args) {
  return Array.isArray(args) ? args : { positional: [], keyword: args };
}

function queue(rows, key, value) {
  const row = rows.get(key) ?? [];
  row.push(value);
  rows.set(key, row);
}

/** The first in a row, which stays if it is the last. */
function next(row) {
  return row && row.length > 1 ? row.shift() : row?.[0];
}

function denied(what, help) {
  throw new HostError("denied", `\`${what}\` is not provided in this test; \`${help}\` provides it`);
}

/** A path as hosts take them, so that a test finds what the sandbox would refuse. */
function plain(path) {
  const no = (why) => {
    throw new HostError("invalid", `${JSON.stringify(path)}: ${why}`);
  };
  if (!path.startsWith("/")) no("a path begins with `/`");
  if (path.includes("//")) no("a path has no `//`");
  if (path.split("/").some((name) => name === "." || name === "..")) no("a path has no `.` and no `..`");
  if (/[\u0000-\u001f\u007f-\u009f]/.test(path)) no("a path has no control characters");
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
