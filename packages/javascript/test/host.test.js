// What a plugin asks its host for, answered by the host of a test.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { environment, files, functions, http, process } from "@driftless/plugin-sdk";
import { testHost } from "@driftless/plugin-sdk/testing";

import { install } from "../src/host/outside.js";

afterEach(() => install(undefined));

const denied = { kind: "denied" };

test("nothing of the machine is touched", () => {
  for (const ask of [
    () => files.read("/etc/passwd"),
    () => files.write("/tmp/x", "x"),
    () => environment.get("PATH"),
    () => http.get("https://example.com/"),
    () => process.run("true"),
  ]) {
    assert.throws(ask, denied);
    assert.throws(ask, /testHost/);
  }
});

test("files are read and written", () => {
  const host = testHost().file("/srv/app/data", new Uint8Array([0, 255])).file("/srv/app/sub/x", "x").folder("/mnt/");
  assert.deepEqual(files.read("/srv/app/data"), new Uint8Array([0, 255]));
  assert.throws(() => files.readText("/srv/app/data"), { kind: "failed", message: "/srv/app/data: it is no text in UTF-8" });
  files.write("/srv/app/new", "more than one");
  files.writeInPlace("/srv/app/new", "one");
  files.append("/srv/app/new", " ☕");
  assert.throws(() => files.createNew("/srv/app/new", ""), { kind: "failed" });
  assert.equal(files.readText("/srv/app/new"), "one ☕");
  assert.equal(host.written("/srv/app/new"), "one ☕");
  assert.equal(host.written("/srv/app/data"), undefined);
  assert.deepEqual(files.list("/srv/app"), [
    { name: "data", kind: "file" },
    { name: "new", kind: "file" },
    { name: "sub", kind: "folder" },
  ]);
  assert.deepEqual(files.list("/mnt"), []);
  assert.ok(files.exists("/mnt"));
  assert.ok(!files.exists("/nowhere"));
  assert.equal(files.stat("/srv/app/data").size, 2);
  assert.throws(() => files.list("/srv/app/data"), { kind: "failed" });
  assert.throws(() => files.write("/srv/app/data/x", ""), { kind: "not_found" });
  assert.throws(() => files.write("/srv/app/x", 5), TypeError);
  for (const path of ["", "etc/hosts", "/a/../b", "/a//b", "/a/.", "/a\n"]) {
    assert.throws(() => files.read(path), { kind: "invalid" });
  }
});

test("variables are set or not", () => {
  testHost().variable("A", "b").variable("B", null);
  assert.equal(environment.get("A"), "b");
  assert.equal(environment.get("B"), undefined);
  assert.throws(() => environment.get("C"), denied);
});

test("requests have responses", () => {
  const url = "https://example.com/a";
  const host = testHost()
    .response(`GET ${url}`, 202, '{"state": "wait"}')
    .response(`GET ${url}`, 200, '{"state": "done"}')
    .response(`POST ${url}?a%26b=%C3%BC%2F1`, 503, `no ${"ü".repeat(400)}`, [["retry-after", "5"]]);
  const state = () => http.get(url).json().state;
  assert.deepEqual([state(), state(), state()], ["wait", "done", "done"]);
  const response = http.post(`${url}#part`, { query: { "a&b": "ü/1", c: undefined }, json: { a: 1 }, headers: { "x-a": "b" } });
  assert.equal(response.header("Retry-After"), "5");
  assert.throws(() => response.ok(), new RegExp(`^HostError: ${url}.* answered with status 503: no ü{148}$`));
  assert.throws(() => response.json(), /is not JSON/);
  const sent = host.requests.at(-1);
  assert.equal(new TextDecoder().decode(sent.body), '{"a":1}');
  assert.deepEqual(sent.headers, [
    ["x-a", "b"],
    ["content-type", "application/json"],
  ]);
  assert.throws(() => http.delete(url), denied);
});

test("commands have outputs", () => {
  const host = testHost()
    .command("git", ["log", "-1"], { stdout: "1f9e\n" })
    .command("git", ["push"], { code: 1, stderr: "no branch\n" });
  assert.equal(process.run("git", ["log", "-1"], { stdin: "in" }).ok().text(), "1f9e\n");
  assert.throws(() => process.run("git", ["push"]).ok(), { message: "the command ended with exit code 1: no branch" });
  assert.throws(() => process.run("git", ["commit", "-m", "a b", ""]), denied);
  assert.deepEqual(host.calls, ["run git log -1", "run git push", 'run git commit -m "a b" ""']);
});

test("functions of the host return values", () => {
  const host = testHost()
    .function("inventory.owner", { team: "storage" })
    .function("inventory.owner", { team: "network" })
    .function("clock", null);
  const owner = () => functions.call("inventory.owner", { host: "web1" }).team;
  assert.deepEqual([owner(), owner(), owner()], ["storage", "network", "network"]);
  assert.equal(functions.call("clock"), null);
  assert.throws(() => functions.call("inventory.team"), denied);
  assert.deepEqual(host.calls.slice(2), ['call inventory.owner {"host":"web1"}', "call clock null", "call inventory.team null"]);
});

test("a call fails where the test wants it", () => {
  const host = testHost().file("/etc/shadow", "x").fails("read /etc/shadow", "denied");
  assert.throws(() => files.read("/etc/shadow"), denied);
  assert.deepEqual(host.calls, ["read /etc/shadow"]);
});

test("an answer that is none is a failure", () => {
  for (const head of ["nonsense", "{}", "null", '{"ok":"written"}']) {
    install({ answer: () => [head, new Uint8Array()] });
    assert.throws(() => files.read("/x"), { kind: "failed" });
  }
});
