// What the host calls is called here as well.

import assert from "node:assert/strict";
import { test } from "node:test";

import { afterTask, beforeTask, testHost } from "@driftless/plugin-sdk/testing";

import "../src/index.ts";

test("a task may run or not", () => {
  assert.equal(beforeTask({ task_name: "build" }).verdict, "continue");
  assert.equal(beforeTask({ task_name: "deploy" }).verdict, "abort");
  assert.equal(beforeTask({ task_name: "deploy", env_vars: { STAGE: "test" } }).verdict, "continue");
});

test("what happens is told", () => {
  const host = testHost();
  afterTask({ task_name: "build" }, { status: "success" });
  assert.deepEqual(host.logged, [{ level: "info", message: "build is done" }]);
});
