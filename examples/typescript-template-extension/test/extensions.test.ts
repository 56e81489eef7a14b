import assert from "node:assert/strict";
import { test } from "node:test";

import { executeTemplateFilter, executeTemplateFunction, templateExtensions } from "@driftless/plugin-sdk/testing";

import { duration, subnetOf } from "../src/index.js";

test("a duration in words", () => {
  assert.equal(duration(93_784, 4), "1d 2h 3m 4s");
  const format = (value: number, args: unknown[] | object = []) => executeTemplateFilter("duration", value, args);
  assert.equal(format(93_784, { parts: 2 }), "1d 2h");
  assert.equal(format(3_601, [2]), "1h 1s");
  assert.equal(format(0), "0s");
  assert.equal(format(-90), "-1m 30s");
  assert.throws(() => format(1, [0]), /the argument `parts` does not fit: 0 is less than 1/);
});

test("a duration in seconds", () => {
  const read = (value: string) => executeTemplateFilter("seconds", value);
  assert.equal(read("1h30m"), 5400);
  assert.equal(read("2d 500ms"), 172_800.5);
  assert.equal(read("1.5h"), 5400);
  assert.equal(read("90"), 90);
  assert.throws(() => read("soon"), { message: '"soon" is no duration such as 1h30m; the units are w, d, h, m, s and ms' });
});

test("a list in words", () => {
  const say = (value: unknown[], args: unknown[] = []) => executeTemplateFilter("sentence", value, args);
  assert.equal(say([]), "");
  assert.equal(say(["a"]), "a");
  assert.equal(say(["a", "b", 3]), "a, b and 3");
  assert.equal(say(["a", "b"], ["or"]), "a or b");
  assert.throws(() => say([null]), /the value does not fit: `\[0\]`: invalid type: null, expected a string or a number/);
});

test("a table", () => {
  const rows = [
    { name: "web", port: 80, tags: ["a"] },
    { name: "metrics", port: 9100 },
  ];
  const table = (args: object = {}) => executeTemplateFilter("columns", rows, args).split("\n");
  assert.deepEqual(table(), ["name     port  tags", 'web        80  ["a"]', "metrics  9100  -"]);
  assert.deepEqual(table({ keys: ["port", "name"], header: false, gap: 1 }), ["  80 web", "9100 metrics"]);
  assert.equal(executeTemplateFilter("columns", []), "");
});

test("a network", () => {
  assert.deepEqual(executeTemplateFunction("subnet", ["10.1.2.3/22"]), {
    network: "10.1.0.0",
    netmask: "255.255.252.0",
    broadcast: "10.1.3.255",
    first: "10.1.0.1",
    last: "10.1.3.254",
    hosts: 1022,
  });
  assert.equal(subnetOf("192.0.2.7/32").hosts, 1);
  assert.deepEqual([subnetOf("192.0.2.0/31").first, subnetOf("192.0.2.0/31").last], ["192.0.2.0", "192.0.2.1"]);
  assert.equal(subnetOf("255.255.255.255/0").netmask, "0.0.0.0");
  assert.throws(() => subnetOf("10.0.0.0/33"), { message: '"10.0.0.0/33" is no network such as 10.0.0.0/24' });
  assert.throws(() => subnetOf("10.0.0.256/8"), { message: "10.0.0.256 is no address: its parts go up to 255" });
});

test("every extension is announced", () => {
  const kinds = templateExtensions().map(({ name, type }) => `${type} ${name}`);
  assert.deepEqual(kinds, ["filter duration", "filter seconds", "filter sentence", "filter columns", "function subnet"]);
});
