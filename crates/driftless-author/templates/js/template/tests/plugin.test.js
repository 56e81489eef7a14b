// What the host calls is called here as well.

import assert from "node:assert/strict";
import { test } from "node:test";

import { executeTemplateFilter, executeTemplateFunction } from "@driftless/plugin-sdk/testing";

import "../src/index.js";

test("a filter takes arguments", () => {
  assert.equal(executeTemplateFilter("shout", "hey"), "HEY!");
  assert.equal(executeTemplateFilter("shout", "hey", [3]), "HEY!!!");
});

test("a function can fail", () => {
  assert.equal(executeTemplateFunction("greeting", ["Ada"]), "Hello Ada");
  assert.throws(() => executeTemplateFunction("greeting", [""]), /the name to greet is empty/);
});
