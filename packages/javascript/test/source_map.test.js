// From a place in the bundle to the author's source.

import assert from "node:assert/strict";
import { test } from "node:test";

import { compact, frames, open, original, place } from "@driftless/plugin-sdk/source-map";

// What esbuild writes for two lines of a bundle that come from `src/a.ts` 2:3 and `node_modules/b/index.js` 10:1.
const MAP = { sources: ["src/a.ts", "node_modules/b/index.js"], mappings: "AACE,SAAS;ACQX" };

test("a segment is found", () => {
  const map = open(compact(MAP));
  assert.deepEqual(original(map, { line: 1, column: 1 }), { source: "src/a.ts", line: 2, column: 3 });
  assert.deepEqual(original(map, { line: 1, column: 20 }), { source: "src/a.ts", line: 2, column: 12 });
  assert.deepEqual(original(map, { line: 2, column: 7 }), { source: "node_modules/b/index.js", line: 10, column: 1 });
  assert.equal(original(map, { line: 3, column: 1 }), undefined);
});

test("a line is read without those above it", () => {
  const { sources, lines } = open(compact({ sources: ["a", "b"], mappings: "AACE,SAAS;ACQX;;AAsBC" }));
  const alone = (line) => original({ sources, lines: [lines[line - 1]] }, { line: 1, column: 1 });
  assert.deepEqual(alone(1), { source: "a", line: 2, column: 3 });
  assert.deepEqual(alone(2), { source: "b", line: 10, column: 1 });
  assert.equal(alone(3), undefined);
  assert.deepEqual(alone(4), { source: "b", line: 32, column: 2 });
});

test("stacks of both engines are read", () => {
  const spidermonkey = "f@plugin.js:4:13\n@plugin.js:9:1\nexport_executeTask@/tmp/x/initializer.js:7:28\n";
  assert.deepEqual(frames(spidermonkey), [
    { source: "plugin.js", line: 4, column: 13 },
    { source: "plugin.js", line: 9, column: 1 },
  ]);
  const v8 = "Error: x\n    at f (file:///a/plugin.js:4:13)\n    at async /a/b.js:9:1\n    at node:internal/x:1:2";
  assert.deepEqual(
    frames(v8).map(({ source }) => source),
    ["/a/plugin.js", "/a/b.js", "node:internal/x"],
  );
});

test("the author's own line is named rather than a package's", () => {
  globalThis.__driftless_source_map = JSON.stringify(compact(MAP));
  assert.equal(place({ stack: "inner@plugin.js:2:1\nouter@plugin.js:1:5\n" }), "src/a.ts:2:3");
  assert.equal(place({ stack: "inner@plugin.js:2:1\n" }), "node_modules/b/index.js:10:1");
  assert.equal(place({ stack: "" }), undefined);
});
