// What the host calls is called here as well.

import assert from "node:assert/strict";
import { test } from "node:test";

import { executeTask } from "@driftless/plugin-sdk/testing";

import "../src/index.ts";

test("greets by name", () => {
  assert.deepEqual(executeTask("greet", { who: "Ada" }), { status: "success", message: "Hello Ada" });
});

test("refuses an empty name", () => {
  assert.deepEqual(executeTask("greet", { who: "" }), { status: "error", message: "the name to greet is empty" });
});
