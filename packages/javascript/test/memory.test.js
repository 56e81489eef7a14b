// Where the engine has no more memory, a component ends, so that its host tells the limit.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as component from "../src/exports.js";
import { task } from "../src/index.js";

task({
  name: "grows",
  run() {
    throw "out of memory";
  },
});
task({ name: "growsLater", run: () => Promise.reject("out of memory") });
task({ name: "breaks", run: () => Promise.reject("something else") });

const ends = (thrown) => thrown instanceof Error && !("payload" in thrown);

test("no memory ends the component", async () => {
  assert.throws(() => component.executeTask("grows", "{}"), ends);
  await assert.rejects(component.executeTask("growsLater", "{}"), ends);
});

test("anything else is a reply", async () => {
  await assert.rejects(component.executeTask("breaks", "{}"), (thrown) => /something else/.test(thrown.payload));
});
