// What a component has beside its engine, here in node: the top level first, and then calls.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as exported from "@driftless/plugin-sdk/exports";
import { testHost } from "@driftless/plugin-sdk/testing";

// The engine has none.
delete String.prototype.normalize;
const { fetch, setTimeout } = globalThis;
await import("@driftless/plugin-sdk/component");

test("the top level has neither clock nor randomness", () => {
  const asked = [];
  globalThis.__driftless_loading = (what) => {
    asked.push(what);
    throw new Error(what);
  };
  const uses = {
    "Math.random()": () => Math.random(),
    "Date.now()": () => Date.now(),
    "new Date()": () => new Date(),
    "Date()": () => Date(),
    "performance.now()": () => performance.now(),
    "crypto.randomUUID()": () => crypto.randomUUID(),
    "crypto.getRandomValues()": () => crypto.getRandomValues(new Uint8Array(1)),
    "setTimeout()": () => globalThis.setTimeout(() => {}, 0),
    "console.warn": () => console.warn("x"),
  };
  for (const [what, use] of Object.entries(uses)) assert.throws(use, { message: what });
  assert.deepEqual(asked, Object.keys(uses));
  assert.equal(new Date(0).toISOString(), "1970-01-01T00:00:00.000Z");
  // In a component, where the build has looked at the top level before.
  delete globalThis.__driftless_loading;
  assert.throws(() => Math.random(), /^Error: `Math\.random\(\)` at the top of a module: /);
  assert.ok(Date.now() > 0);
});

test("the console is the log of the host", () => {
  exported.getHooks();
  const { logged } = testHost();
  console.log("a %s", "b", new Map([["c", 1]]));
  console.error("e");
  console.warn("w");
  console.debug("d");
  console.trace("t");
  console.table([{ a: 1 }]);
  console.assert(true, "never");
  console.assert(false, "no");
  console.count();
  console.count();
  console.group("g");
  console.groupEnd();
  assert.deepEqual(
    logged.map(({ level, message }) => `${level} ${message}`),
    [
      'info a b Map {"c":1}', "error e", "warn w", "debug d", "debug t", 'info [{"a":1}]', "error Assertion failed no", "info default: 1", "info default: 2", "info g",
    ],
  );
});

test("the clock and randomness are the host's", () => {
  const host = testHost();
  host.timestamp = () => 86_400n;
  host.random = () => 0n;
  assert.equal(Date.now(), 86_400_000);
  assert.equal(new Date().toISOString(), "1970-01-02T00:00:00.000Z");
  assert.equal(Math.random(), 0);
  assert.equal(crypto.randomUUID(), "00000000-0000-4000-8000-000000000000");
  assert.deepEqual(crypto.getRandomValues(new Uint8Array(3)), new Uint8Array(3));
});

test("what cannot be is refused with what to do instead", async () => {
  assert.throws(() => globalThis.setTimeout(() => {}, 1), /^Error: a plugin cannot wait, since nothing wakes it between two calls; do it at once/);
  await new Promise((resolve) => globalThis.setTimeout(resolve, 0));
  assert.throws(() => globalThis.setInterval(() => {}, 1), /do it once for each call/);
  assert.throws(() => globalThis.fetch("https://example.com"), /`http\.get` of `@driftless\/plugin-sdk`/);
  Object.assign(globalThis, { fetch, setTimeout });
});

test("text that no form of Unicode changes is normalized", () => {
  assert.equal("é".normalize(), "é");
  assert.equal("plain".normalize("NFKD"), "plain");
  assert.throws(() => "e\u0301".normalize(), /`normalize` works only on text that it leaves as it is/);
  assert.throws(() => "é".normalize("NFD"), /an npm package such as `unorm`/);
  assert.throws(() => "x".normalize("NFX"), RangeError);
});
