// The messages of this SDK are those of the protocol's samples.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { environment, facts, files, functions, http, log, logSource, process, task, templateFilter, templateFunction } from "@driftless/plugin-sdk";
import * as exported from "@driftless/plugin-sdk/exports";
import { executeTemplateFunction } from "@driftless/plugin-sdk/testing";

import { install } from "../src/host/outside.js";

const samples = (name) => JSON.parse(readFileSync(new URL(`../../protocol/samples/${name}.json`, import.meta.url), "utf8"));

/** A host that keeps what it is asked, and answers in turn. */
function scripted(answers) {
  const requests = [];
  const logged = [];
  install({
    answer: (capability, request) => {
      requests.push([capability, JSON.parse(request)]);
      return [JSON.stringify(answers.shift() ?? { error: { kind: "failed", message: "no answer" } }), new Uint8Array()];
    },
    log: (level) => logged.push(level),
  });
  return { requests, logged };
}

/** What is asked for is of this kind, and as in the samples. */
function asks(capability, ask) {
  const { requests } = scripted([]);
  for (const one of ask) assert.throws(one, { message: "no answer" });
  assert.deepEqual(
    requests,
    samples(`${capability}_request`).map((request) => [capability, request]),
  );
}

test("requests", () => {
  const path = "/srv/app/motd";
  asks("file", [
    () => files.read(path),
    () => files.write(path, ""),
    () => files.writeInPlace(path, ""),
    () => files.append(path, ""),
    () => files.createNew(path, ""),
    () => files.list("/srv/app"),
    () => files.stat(path),
  ]);
  const url = "https://api.example.com/notes";
  asks("http", [
    () => http.get(url, { query: { by: "Ada L." } }),
    () => http.post(url, { headers: { authorization: "Bearer secret" }, json: {} }),
  ]);
  asks("environment", [() => environment.get("TOKEN")]);
  asks("process", [() => process.run("git", ["log", "-1"]), () => process.run("true")]);
  asks("functions", [() => functions.call("inventory.owner", { host: "web1" }), () => functions.call("clock")]);
});

test("answers", () => {
  scripted(samples("file_answer"));
  assert.deepEqual(files.read("/x"), new Uint8Array());
  files.write("/x", "");
  assert.deepEqual(
    files.list("/x").map(({ kind }) => kind),
    ["folder", "file", "link", "other"],
  );
  assert.deepEqual(files.stat("/x"), { kind: "file", size: 8, modified: 1700000000 });
  assert.equal(files.stat("/x").modified, null);

  scripted(samples("http_answer"));
  assert.equal(http.get("https://x/").header("Location"), "/notes/1");

  scripted(samples("environment_answer"));
  assert.deepEqual([environment.get("TOKEN"), environment.get("TOKEN")], ["secret", undefined]);

  scripted(samples("process_answer"));
  assert.throws(() => process.run("git").ok(), { message: "the command ended with exit code 1: no branch" });
  assert.throws(() => process.run("git").ok(), { message: "signal 9 ended the command" });

  scripted(samples("functions_answer"));
  assert.deepEqual(
    [1, 2, 3].map(() => functions.call("f")),
    [{ team: "storage", since: 2024 }, null, ["a", 1, true]],
  );

  scripted(samples("error_answer"));
  for (const kind of ["denied", "not_found", "limit", "invalid", "failed"]) {
    assert.throws(() => files.read("/x"), { kind, message: "why" });
  }
});

test("levels", () => {
  const { logged } = scripted([]);
  for (const level of samples("level")) log[level]("x");
  assert.deepEqual(logged, samples("level"));
});

test("definitions, results and records", () => {
  task({
    name: "greet",
    description: "Greets a person",
    config: {
      type: "object",
      properties: { name: { type: "string" }, times: { type: "integer", default: 1 } },
      required: ["name"],
    },
    run: ({ name }) =>
      ({
        nothing: undefined,
        Ada: "Hello Ada",
        port: { message: "it is one", port: 80, nothing: null },
      })[name],
  });
  facts({ name: "system", run: () => ({}) });
  templateFilter({ name: "shout", run: (value) => value });
  templateFunction({ name: "add", run: () => 0 });
  const definitions = ["Task Definitions", "Facts Collectors", "Template Extensions"].flatMap((list) =>
    JSON.parse(exported[`get${list.replace(" ", "")}`]()),
  );
  assert.deepEqual(definitions, samples("definition"));

  const results = ["nothing", "Ada", "port"].map((name) => exported.executeTask("greet", JSON.stringify({ name })));
  results.push(exported.executeTask("dance", "{}"));
  assert.deepEqual(results, samples("task_result").map((result) => JSON.stringify(result)));

  logSource({
    name: "some",
    config: { type: "object" },
    *run({ much }) {
      if (!much) return;
      yield "a line";
      yield { message: "an entry" };
      throw new Error("the end");
    },
  });
  const records = [{}, { much: true }].map((config) => exported.executeLogSource("some", JSON.stringify(config)));
  assert.deepEqual(records, samples("records").map((batch) => JSON.stringify(batch)));

  const [{ components, ...manifest }] = samples("manifest");
  exported.setManifest(manifest);
  const { components: known, ...rest } = JSON.parse(exported.getPluginMetadata());
  assert.deepEqual(rest, manifest);
  assert.deepEqual(known[0], components[0]);
  const kinds = samples("component_kind");
  assert.ok(known.every(({ kind }) => kinds.includes(kind)));
});

test("arguments", () => {
  templateFunction({
    name: "list",
    arguments: [{ name: "first", optional: true }, { name: "end", optional: true }, { name: "last", optional: true }],
    run: (...args) => args,
  });
  const lists = samples("arguments").map((args) => JSON.parse(exported.executeTemplateFunction("list", "{}", JSON.stringify(args))));
  assert.deepEqual(lists, [
    [null, null, null],
    [20, "…", null],
    [20, "…", null],
  ]);
  assert.deepEqual(executeTemplateFunction("list", { end: 1 }), [null, 1, null]);
});
