// What the host calls is called here as well.

import assert from "node:assert/strict";
import { test } from "node:test";

import { executeLogFilter, executeLogParser } from "@driftless/plugin-sdk/testing";

import "../src/index.js";

test("a line becomes an entry", () => {
  assert.deepEqual(executeLogParser("key_value", "level=info"), { level: "info" });
  assert.throws(() => executeLogParser("key_value", "hello"), /`hello` is no key=value/);
});

test("an entry is kept or dropped", () => {
  assert.equal(executeLogFilter("has", { error: "timeout" }, { key: "error" }), true);
  assert.equal(executeLogFilter("has", { level: "info" }, { key: "error" }), false);
});
