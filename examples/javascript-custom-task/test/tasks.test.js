import assert from "node:assert/strict";
import { test } from "node:test";

import { executeTask, testHost } from "@driftless/plugin-sdk/testing";

import "../src/index.js";

const CONF = `# The application.
server:
  port: 8080 # not below 1024
  hosts: [a, b]

# Who may enter.
users:
  - name: ada
`;

const change = (config, text = CONF) => executeTask("yaml_text", { text, ...config });

test("a value is replaced and its comment stays", () => {
  const { text, ...result } = change({ key: "server.port", value: 9090 });
  assert.deepEqual(result, { status: "success", message: "changed", changed: true, previous: 8080 });
  assert.equal(text, CONF.replace("8080", "9090"));
});

test("what is as it should be is left alone, to the letter", () => {
  for (const wanted of [
    { key: "server.port", value: 8080 },
    { key: ["users", 0], value: { name: "ada" } },
    { key: "server.proxy", state: "absent" },
  ]) {
    const { changed, text } = change(wanted);
    assert.deepEqual([changed, text], [false, CONF]);
  }
});

test("keys are made where they are missing, and taken out", () => {
  assert.match(change({ key: "server.tls.enabled", value: true }).text, /\n {2}tls:\n {4}enabled: true\n/);
  assert.doesNotMatch(change({ key: "users", state: "absent" }).text, /users/);
  assert.equal(change({ key: "a", value: [1, null] }, "").text, "a:\n  - 1\n  - null\n");
});

test("what cannot be done is told", () => {
  const message = (config, text) => change(config, text).message;
  assert.equal(message({ key: "server.port.number", value: 1 }), "`server.port` is 8080, and has no keys");
  assert.match(message({ key: "a", value: 1 }, "a: [1"), /^this is no YAML: .* at line 1, column 6$/);
  assert.equal(message({ key: "a" }), "the value is missing; `state: absent` takes a key out");
  assert.equal(message({ key: "a..b", value: 1 }), "the key has a name that is empty");
});

test("a file is written only where something changes", () => {
  const host = testHost().file("/srv/app/conf.yml", CONF);
  const run = () => executeTask("yaml", { path: "/srv/app/conf.yml", key: "server.port", value: 9090 });
  assert.deepEqual(run(), { status: "success", message: "changed /srv/app/conf.yml", changed: true, previous: 8080 });
  assert.deepEqual(run(), { status: "success", message: "/srv/app/conf.yml is as it should be", changed: false, previous: 9090 });
  assert.deepEqual(host.calls, ["read /srv/app/conf.yml", "write /srv/app/conf.yml", "read /srv/app/conf.yml"]);
  assert.deepEqual(host.logged, [{ level: "info", message: "wrote /srv/app/conf.yml" }]);
});

test("a file that cannot be replaced is written where it is", () => {
  const host = testHost().file("/srv/app/conf.yml", CONF);
  executeTask("yaml", { path: "/srv/app/conf.yml", key: "server.port", value: 9090, in_place: true });
  assert.deepEqual(host.calls, ["read /srv/app/conf.yml", "write in place /srv/app/conf.yml"]);
});

test("a file that is not there is made where that is wanted", () => {
  const host = testHost();
  const config = { path: "/srv/app/new.yml", key: "a.b", value: "c" };
  assert.equal(executeTask("yaml", config).message, "/srv/app/new.yml: there is no such file; `create: true` makes one");
  assert.equal(executeTask("yaml", { ...config, create: true }).changed, true);
  assert.equal(host.written("/srv/app/new.yml"), "a:\n  b: c\n");
});

test("without the permission the task says so", () => {
  testHost().fails("read /etc/app.yml", "denied");
  const { status, message } = executeTask("yaml", { path: "/etc/app.yml", key: "a", value: 1 });
  assert.equal(status, "error");
  assert.match(message, /read \/etc\/app.yml/);
});
