// What components answer, and what becomes of failures.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  Failure,
  HostError,
  command,
  facts,
  hooks,
  log,
  logFilter,
  logOutput,
  logParser,
  logSource,
  task,
  templateFilter,
  templateFunction,
} from "@driftless/plugin-sdk";
import * as exported from "@driftless/plugin-sdk/exports";
import * as host from "@driftless/plugin-sdk/testing";

const text = { type: "string" };

/** What a call is refused with. */
function refused(call) {
  try {
    call();
  } catch (thrown) {
    assert.equal(thrown.payload ?? thrown.message, thrown.message);
    return thrown.message;
  }
  return assert.fail("it was not refused");
}

const say = task({
  name: "say",
  config: {
    type: "object",
    properties: { what: {}, times: { type: "integer", default: 2 }, level: { enum: ["low", "high"] } },
    required: ["what"],
    additionalProperties: false,
  },
  run({ what, times }) {
    if (what === "failure") throw new Failure("not today", { cause: new Error("it rains") });
    if (what === "denied") throw new HostError("denied", "no permission covers it");
    if (what === "mistake") throw new TypeError("no such thing");
    if (what === "text") throw "just text";
    return typeof what === "string" ? what.repeat(times) : what;
  },
});

test("a task answers with a task result", () => {
  assert.deepEqual(host.executeTask("say", { what: "a" }), { status: "success", message: "aa" });
  assert.deepEqual(host.executeTask("say", { what: "a", times: 3 }), { status: "success", message: "aaa" });
  assert.deepEqual(host.executeTask("say", { what: null }), { status: "success" });
  assert.deepEqual(host.executeTask("say", { what: { message: "m", data: 1 } }), { status: "success", message: "m", data: 1 });
  assert.deepEqual(host.executeTask("say", { what: { status: "error", code: 7 } }), { status: "error", code: 7 });
  assert.equal(say({ what: "b", times: 1 }), "b");
});

test("a failure of a task is a task result, and a mistake is not", () => {
  const message = (config) => host.executeTask("say", config).message;
  assert.equal(message({ what: "failure" }), "not today: it rains");
  assert.equal(message({ what: "denied" }), "no permission covers it");
  assert.match(refused(() => host.executeTask("say", { what: 5 })), /^what it returned is a number; a task returns nothing, a message, or an object, in the task `say` at .*components\.test\.js:\d+:\d+$/);
  assert.match(refused(() => host.executeTask("say", { what: { status: "fine" } })), /^what it returned has the status "fine"; that of a task is `success` or `error`, in the task `say` at /);
  assert.match(refused(() => host.executeTask("say", { what: "mistake" })), /^TypeError: no such thing, at .*components.test.js:\d+:\d+$/);
  assert.match(
    refused(() => host.executeTask("say", { what: "text" })),
    /^something was thrown that is no Error: "just text", in the task `say` at .*components\.test\.js:\d+:\d+; `throw new Error\(…\)` keeps the place$/,
  );
  assert.equal(host.executeTask("dance").message, "Unknown task: dance");
});

test("a configuration that does not fit is told", () => {
  const message = (config) => JSON.parse(exported.executeTask("say", config)).message;
  assert.equal(message("{"), "its configuration does not fit: it is no JSON");
  assert.equal(message("{}"), "its configuration does not fit: missing field `what`");
  assert.equal(
    message('{"what": 1, "times": "x"}'),
    'its configuration does not fit: `times`: invalid type: string "x", expected an integer',
  );
  assert.equal(
    message('{"what": 1, "who": 2}'),
    "its configuration does not fit: unknown field `who`, expected one of `what`, `times`, `level`",
  );
  assert.equal(
    message('{"what": 1, "level": "top"}'),
    "its configuration does not fit: `level`: unknown variant `top`, expected `low` or `high`",
  );
});

test("an unknown component is named", () => {
  for (const [call, noun, ...rest] of [
    ["executeFactsCollector", "facts collector", "{}"],
    ["executeLogSource", "log source", "{}"],
    ["executeLogParser", "log parser", "{}", ""],
    ["executeLogFilter", "log filter", "{}", "{}"],
    ["executeLogOutput", "log output", "{}", "{}"],
    ["executeTemplateFilter", "template filter", "{}", "1", "[]"],
    ["executeTemplateFunction", "template function", "{}", "[]"],
    ["executeCommand", "command", "[]"],
  ]) {
    assert.equal(refused(() => exported[call]("say", ...rest)), `Unknown ${noun}: say`);
  }
});

test("facts are an object", () => {
  facts({ name: "given", config: { type: "object" }, run: ({ facts }) => facts });
  assert.deepEqual(host.executeFactsCollector("given", { facts: { error: "data" } }), { error: "data" });
  assert.match(
    refused(() => host.executeFactsCollector("given", { facts: [1] })),
    /^what it returned is not a JSON object: it is a list; return an object, `\{ name: value \}`, in the facts collector `given` at .*:\d+:\d+$/,
  );
  facts({ name: "circular", run: () => Object.assign(circular, { circular }) });
  const circular = {};
  assert.match(refused(() => host.executeFactsCollector("circular")), /^what it returned cannot be written as JSON: /);
});

test("template extensions take arguments by place and by name", () => {
  templateFilter({
    name: "shout",
    value: text,
    arguments: [
      { name: "marks", type: "integer", default: 1 },
      { name: "mark", type: "string", optional: true },
    ],
    run: (value, marks, mark = "!") => value.toUpperCase() + mark.repeat(marks),
  });
  assert.equal(host.executeTemplateFilter("shout", "a"), "A!");
  assert.equal(host.executeTemplateFilter("shout", "a", [2]), "A!!");
  assert.equal(host.executeTemplateFilter("shout", "a", { mark: "?" }), "A?");
  assert.equal(host.executeTemplateFilter("shout", "a", [1, null]), "A!");
  assert.equal(exported.executeTemplateFilter("shout", "", '"a"', ""), '"A!"');
  const refusal = (args, value = '"a"') => refused(() => exported.executeTemplateFilter("shout", "{}", value, args));
  assert.equal(refusal("[1, 2, 3]"), "the argument `mark` does not fit: invalid type: integer `2`, expected a string");
  assert.equal(refusal('[1, "", 3]'), "there are too many arguments; it takes: marks, mark");
  assert.equal(refusal('{"positional": [1], "keyword": {"marks": 2}}'), "the argument `marks` is given twice");
  assert.equal(refusal('{"keyword": {"width": 2}}'), "there is no argument `width`; it takes: marks, mark");
  assert.equal(refusal("3"), "its list of arguments does not fit: invalid type: integer `3`, expected an array or an object");
  assert.equal(refusal('{"x": 1}'), "its list of arguments does not fit: unknown field `x`, expected `positional` or `keyword`");
  assert.equal(refusal("[]", "5"), "the value does not fit: invalid type: integer `5`, expected a string");

  templateFunction({
    name: "price",
    arguments: [{ name: "amount", type: "number" }],
    config: { type: "object", properties: { currency: { type: "string", default: "€" } } },
    run: (amount, { currency }) => `${amount} ${currency}`,
  });
  assert.equal(host.executeTemplateFunction("price", [5]), "5 €");
  assert.equal(host.executeTemplateFunction("price", { amount: 5 }, { currency: "$" }), "5 $");
  assert.equal(refused(() => host.executeTemplateFunction("price")), "the argument `amount` is missing");
});

test("log components", () => {
  logParser({ name: "words", run: (line) => ({ words: line.split(" ") }) });
  logFilter({ name: "any", value: { type: "object" }, run: (entry) => Object.keys(entry).length > 0 });
  logFilter({ name: "unsure", run: () => "yes" });
  const seen = [];
  logOutput({ name: "keep", run: (entry) => seen.push(entry) });
  assert.deepEqual(host.executeLogParser("words", "a b"), { words: ["a", "b"] });
  assert.equal(host.executeLogFilter("any", { a: 1 }), true);
  assert.equal(host.executeLogFilter("any", {}), false);
  assert.match(refused(() => host.executeLogFilter("unsure", {})), /^what it returned is neither true nor false: it is text, in the log filter `unsure` at /);
  assert.equal(host.executeLogOutput("keep", { a: 1 }), null);
  assert.deepEqual(seen, [{ a: 1 }]);
});

test("a source hands its records over in batches, and its failure behind them", () => {
  let started = 0;
  logSource({
    name: "count",
    config: { type: "object" },
    *run({ to, failAt }) {
      started += 1;
      for (let number = 0; number < to; number++) {
        if (number === failAt) throw new Failure(`record ${number} cannot be had`);
        yield "x".repeat(1000);
      }
    },
  });
  const call = (config) => JSON.parse(exported.executeLogSource("count", JSON.stringify(config)));
  let [lines, batches] = [0, 0];
  for (let more = true; more; batches++) {
    const batch = call({ to: 1000 });
    lines += batch.records.length;
    more = batch.more;
  }
  assert.deepEqual([lines, batches, started], [1000, 8, 1]);
  assert.equal(host.executeLogSource("count", { to: 1000 }).length, 1000);

  const first = call({ to: 5, failAt: 2 });
  assert.deepEqual([first.records.length, first.more], [2, true]);
  assert.equal(refused(() => call({ to: 5, failAt: 2 })), "record 2 cannot be had");
  assert.equal(refused(() => call({ to: 5, failAt: 0 })), "record 0 cannot be had");
  logSource({ name: "none", run: () => 5 });
  assert.match(refused(() => host.executeLogSource("none")), /^what it returned is no list of records, and no generator of them: it is a number; write /);
});

test("functions may be asynchronous", async () => {
  task({
    name: "later",
    config: { type: "object" },
    async run({ fail }) {
      await null;
      if (fail) throw new Failure("late");
      return "done";
    },
  });
  facts({ name: "later", run: async () => Promise.reject(new Error("never")) });
  assert.deepEqual(await host.executeTask("later"), { status: "success", message: "done" });
  assert.deepEqual(await host.executeTask("later", { fail: true }), { status: "error", message: "late" });
  await assert.rejects(host.executeFactsCollector("later"), /^Error: never, at /);
});

test("hooks and commands are called", () => {
  const seen = [];
  hooks({ beforeTask: (context) => ({ allow: context.name !== "no" }), shutdown: () => void seen.push("shutdown") });
  assert.deepEqual(JSON.parse(exported.getHooks()), ["before_task"]);
  assert.deepEqual(host.beforeTask({ name: "no" }), { allow: false });
  assert.equal(host.afterTask({}, {}), null);
  assert.equal(exported.shutdown(), "null");
  assert.deepEqual(seen, ["shutdown"]);
  assert.throws(() => hooks({ beforeTask() {} }), /two hooks `beforeTask`/);
  assert.throws(() => hooks({ before() {} }), /no hook `before`/);
  command({ name: "sum", run: (args) => args.reduce((a, b) => a + b, 0) });
  assert.equal(host.executeCommand("sum", [1, 2]), 3);
  assert.equal(exported.getCommands(), '[{"name":"sum"}]');
});

test("a component that cannot be called is refused at once", () => {
  assert.throws(() => task({ name: "a b", run() {} }), /not "a b"/);
  assert.throws(() => task({ name: "x" }), /the task `x` has no function `run`/);
  assert.throws(() => task({ name: "say", run() {} }), /two components of the kind task that are called `say`/);
  assert.throws(() => task({ name: "x", descripton: "", run() {} }), /the task `x` has a key `descripton`, .*; did you mean `description`\?$/);
  assert.throws(() => facts({ name: "x", confg: {}, run() {} }), /a facts collector has `name`, `description`, `config`, `run`; did you mean `config`\?$/);
  assert.throws(() => facts({ name: "x", value: {}, run() {} }), /has a key `value`, and a facts collector has `name`, `description`, `config`, `run`$/);
  assert.throws(() => hooks({ befreTask() {} }), /; did you mean `beforeTask`\?$/);
});

test("messages reach the host", () => {
  const { logged } = host.testHost();
  log.info("a", { b: 1 }, 2);
  log.error(new Failure("broken"));
  assert.deepEqual(logged, [
    { level: "info", message: 'a {"b":1} 2' },
    { level: "error", message: "broken" },
  ]);
});
