// What the host calls is called here as well, and what the plugin asks its host for is answered by the test.

import assert from "node:assert/strict";
import { test } from "node:test";

import { executeFactsCollector, testHost } from "@driftless/plugin-sdk/testing";

import "../src/index.js";

test("names are found", () => {
  testHost().file("/etc/hosts", "127.0.0.1 localhost\n10.0.0.7 moon # far away\n");
  assert.deepEqual(executeFactsCollector("hosts", { skip: ["moon"] }), { names: { localhost: ["127.0.0.1"] } });
});

test("what is not granted is told", () => {
  testHost().fails("read /etc/hosts", "denied");
  assert.throws(() => executeFactsCollector("hosts"));
});
