// The reference plugin: what it answers is the same in every language, and the conformance suite expects it.

import {
  Failure,
  environment,
  facts,
  files,
  log,
  logFilter,
  logOutput,
  logParser,
  logSource,
  task,
  templateFilter,
  templateFunction,
} from "@driftless/plugin-sdk";

const text = { type: "string" } as const;
const message = { type: "object", properties: { message: text }, required: ["message"] } as const;

task({
  name: "echo",
  description: "Hands its value back",
  config: { type: "object", properties: { value: {} }, required: ["value"] },
  run: ({ value }) => ({ message: "echoed", value }),
});

task({
  name: "greet",
  description: "Greets a person",
  config: { type: "object", properties: { name: text, times: { type: "integer", default: 1, minimum: 0 } }, required: ["name"] },
  run({ name, times }) {
    log.info(`greeting ${name}`);
    return Array(times).fill(`Hello ${name}`).join(", ");
  },
});

task({
  name: "fail",
  description: "Fails as it is told",
  config: message,
  run({ message }) {
    throw new Failure(message);
  },
});

task({
  name: "crash",
  description: "Makes a mistake",
  run() {
    throw new Error("crashed on purpose");
  },
});

task({
  name: "log",
  description: "Logs a message",
  config: {
    type: "object",
    properties: { level: { enum: ["error", "warn", "info", "debug"] }, message: text },
    required: ["level", "message"],
  },
  run: ({ level, message }) => log[level](message),
});

task({
  name: "read",
  description: "Reads a file",
  config: { type: "object", properties: { path: text }, required: ["path"] },
  run: ({ path }) => ({ text: files.readText(path) }),
});

task({
  name: "variable",
  description: "Reads an environment variable",
  config: { type: "object", properties: { name: text }, required: ["name"] },
  run: ({ name }) => ({ value: environment.get(name) ?? null }),
});

facts({
  name: "static",
  description: "Always the same",
  run: () => ({ answer: 42, text: "naïve ☕ 𝄞", list: [1, 2, 3], nothing: null }),
});

facts({
  name: "from_config",
  description: "What its configuration says",
  config: { type: "object", properties: { facts: { type: "object" } }, required: ["facts"] },
  run: (config) => config.facts,
});

facts({
  name: "fail",
  description: "Fails as it is told",
  config: message,
  run({ message }) {
    throw new Failure(message);
  },
});

templateFilter({
  name: "reverse",
  description: "Text from its end to its beginning",
  value: text,
  run: (value) => Array.from(value).reverse().join(""),
});

templateFilter({
  name: "repeat",
  description: "Text several times",
  value: text,
  arguments: [{ name: "times", type: "integer", default: 2, minimum: 0 }],
  run: (value, times) => value.repeat(times),
});

templateFilter({ name: "identity", description: "The value", run: (value) => value });

templateFilter({
  name: "fail",
  description: "Fails",
  run() {
    throw new Failure("no filter today");
  },
});

templateFunction({
  name: "add",
  description: "A sum",
  arguments: [
    { name: "a", type: "integer" },
    { name: "b", type: "integer" },
  ],
  run: (a, b) => a + b,
});

templateFunction({
  name: "join",
  description: "Texts in a row",
  arguments: [
    { name: "items", type: "array", items: text },
    { name: "sep", type: "string", default: "," },
  ],
  run: (items, sep) => items.join(sep),
});

logSource({
  name: "count",
  description: "Numbered lines",
  config: { type: "object", properties: { to: { type: "integer", minimum: 0 } }, required: ["to"] },
  *run({ to }) {
    for (let number = 1; number <= to; number++) yield `line ${number}`;
  },
});

logParser({
  name: "key_value",
  description: "Keys and values with `=` between them",
  run(line) {
    const pairs = line.split(" ").filter(Boolean);
    return Object.fromEntries(
      pairs.map((part) => {
        const at = part.indexOf("=");
        if (at < 0) throw new Failure(`\`${part}\` is no key=value`);
        return [part.slice(0, at), part.slice(at + 1)];
      }),
    );
  },
});

logFilter({
  name: "has",
  description: "Whether an entry has a key",
  config: { type: "object", properties: { key: text }, required: ["key"] },
  value: { type: "object" },
  run: (entry, { key }) => Object.hasOwn(entry, key),
});

logOutput({ name: "discard", description: "Nowhere", run() {} });

logOutput({
  name: "full",
  description: "A disk without room",
  run() {
    throw new Failure("the disk is full");
  },
});
