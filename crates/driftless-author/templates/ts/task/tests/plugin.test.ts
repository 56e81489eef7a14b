// What the host calls is called here as well.

import assert from "node:assert/strict";
import { test } from "node:test";

import { executeTask } from "@driftless/plugin-sdk/testing";

import "../src/index.ts";

test("somebody is greeted", () => {
  assert.deepEqual(executeTask("greet", { who: "Ada" }), { status: "success", message: "Hello Ada" });
});

test("nobody is not", () => {
  assert.deepEqual(executeTask("greet", { who: "" }), { status: "error", message: "there is nobody to greet" });
});
