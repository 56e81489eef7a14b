// What JSON does not have is refused with its place, and never silently something else.

import assert from "node:assert/strict";
import { test } from "node:test";

import { logFilter, task, templateFilter, templateFunction } from "@driftless/plugin-sdk";
import * as exported from "@driftless/plugin-sdk/exports";

import { format } from "../src/format.js";
import { inspect } from "../src/inspect.js";

let result;
templateFunction({ name: "result", run: () => result });

/** What the host gets, or what it is refused with. */
function written(value) {
  result = value;
  try {
    return exported.executeTemplateFunction("result", "{}", "[]");
  } catch (thrown) {
    return thrown.payload;
  }
}

test("what JSON has is written", () => {
  class Point {
    x = 1;
  }
  const cases = [
    [null, "null"],
    [null, "null"],
    [{ a: undefined, b: [undefined, 1], c: -0 }, '{"b":[null,1],"c":0}'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [{ at: new Date(86_400_000) }, '{"at":"1970-01-02T00:00:00.000Z"}'],
    [new URL("https://example.com/x"), '"https://example.com/x"'],
    [new Point(), '{"x":1}'],
    [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    [Number.MAX_SAFE_INTEGER, "9007199254740991"],
  ];
  for (const [value, expected] of cases) assert.equal(written(value), expected);
  const twice = { a: 1 };
  assert.equal(written([twice, twice]), '[{"a":1},{"a":1}]');
});

test("what JSON does not have is refused with its place", () => {
  const cyclic = { list: [] };
  cyclic.list.push({ again: cyclic });
  const cases = [
    [new Map([[1, 2]]), "`result` is a Map; write `Object.fromEntries(map)`"],
    [{ a: [1, 2, 3, new Map()] }, "`result.a[3]` is a Map; "],
    [{ "a b": new Set([1]) }, '`result["a b"]` is a Set; write `[...set]`'],
    [[NaN], "`result[0]` is NaN, which JSON does not have; "],
    [{ a: -Infinity }, "`result.a` is -Infinity, which JSON does not have; "],
    [{ id: 12345678901234567890n }, "`result.id` is a BigInt; write `Number(value)` for one below 2⁵³, or `String(value)`"],
    [{ f: () => 1 }, "`result.f` is a function; "],
    [{ s: Symbol("x") }, "`result.s` is a symbol; "],
    [{ at: new Date("nonsense") }, "`result.at` is a date that is none; "],
    [{ p: Promise.resolve() }, "`result.p` is a promise; write `await` in front of it"],
    [{ e: new Error("x") }, "`result.e` is an Error; write its `message`"],
    [{ r: /x/ }, "`result.r` is a regular expression; write its `source`"],
    [{ b: new Uint8Array(2) }, "`result.b` is bytes; write `Array.from(bytes)`"],
    [{ b: new ArrayBuffer(2) }, "`result.b` is bytes; "],
    [[1].values(), "`result` is an iterable; write `[...it]`"],
    [new WeakMap(), "`result` is a WeakMap, which cannot be looked into"],
    [cyclic, "`result.list[0].again` stands inside of itself; "],
    [{ toJSON: () => new Map() }, "`result` is a Map; "],
  ];
  for (const [value, expected] of cases) {
    const why = written(value);
    assert.ok(why.startsWith(`what it returned cannot be written as JSON: ${expected}`), why);
    assert.match(why, /, in the template function `result` at .*results\.test\.js:\d+:\d+$/);
  }
  let deep = [];
  for (let level = 0; level < 5000; level++) deep = [deep];
  assert.match(written(deep), /is nested deeper than 1000 levels/);
  // Of a value with very many lists and objects the first ones are looked into. What cannot be written at all is refused wherever it is.
  const many = Array.from({ length: 2000 }, () => ({}));
  assert.match(written([...many, { n: 1n }]), /^what it returned cannot be written as JSON: .*BigInt/);
  assert.match(written([NaN, ...many]), /`result\[0\]` is NaN/);
});

test("an integer keeps its digits, or is refused", () => {
  task({ name: "number", config: { type: "object" }, run: (config) => config });
  const given = (json) => JSON.parse(exported.executeTask("number", json));
  for (const json of ["9007199254740991", "9007199254740994", "1e300", "0.12345678901234567", '"9007199254740993"', '{"\\"9007199254740993":1}']) {
    assert.deepEqual(given(`{"n":${json}}`), { status: "success", n: JSON.parse(json) });
  }
  for (const json of ["9007199254740993", "[-9007199254740993]", '{"a\\"":123456789012345678901}']) {
    const { message } = given(`{"n":${json}}`);
    assert.match(message, /^its configuration does not fit: the integer -?\d+ has more digits than a number of JavaScript keeps; /);
  }
  logFilter({ name: "large", run: (entry) => entry.n > 0 });
  assert.equal(exported.executeLogFilter("large", "{}", '{"n":9007199254740993}'), "true");
  templateFilter({ name: "large", arguments: [{ name: "by" }], run: (value) => value });
  for (const [value, args] of [["9007199254740993", "[1]"], ["1", "[9007199254740993]"]]) {
    assert.throws(() => exported.executeTemplateFilter("large", "{}", value, args), /has more digits/);
  }
});

test("a value in a message is what it is", () => {
  const cases = [
    ["text", "text"],
    [{ a: "text" }, '{"a":"text"}'],
    [new Map([["a", new Set([1])]]), 'Map {"a":Set {1}}'],
    [[undefined, NaN, 1n, Symbol("s")], "[undefined,NaN,1n,Symbol(s)]"],
    [new Uint8Array([1, 2]), "Uint8Array [1,2]"],
    [() => 1, "[function]"],
    [new Error("x"), "Error: x"],
    [/x/g, "/x/g"],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ];
  for (const [value, expected] of cases) assert.equal(inspect(value), expected);
  const cyclic = {};
  cyclic.self = cyclic;
  assert.equal(inspect(cyclic), '{"self":[circular]}');
  assert.equal(inspect("x".repeat(20_000)).length, 20_000);
  assert.equal(inspect([..."x".repeat(20_000)]).length, 10_001);
});

test("console formats its arguments", () => {
  assert.equal(format(["a %s, %d%% and %j", "b", 5, { c: 1 }, "rest"]), 'a b, 5% and {"c":1} rest');
  assert.equal(format(["%s"]), "%s");
  assert.equal(format(["%i|%c|%f", 1.9, "color: red", 2]), "1||2");
  assert.equal(format([{ a: 1 }, "%s"]), '{"a":1} %s');
});
