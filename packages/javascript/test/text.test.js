// Half of a surrogate pair, which a cut through an emoji leaves, is U+FFFD wherever it goes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Failure, environment, files, functions, http, log, logParser, logSource, process, task, templateFilter } from "@driftless/plugin-sdk";
import * as exported from "@driftless/plugin-sdk/exports";
import { testHost } from "@driftless/plugin-sdk/testing";

import { toJson, wellFormed } from "../src/text.js";

const CUT = "release 🎉 party".slice(0, 9);
const WHOLE = "release \ufffd";

/** What a call is refused with. */
function refused(call) {
  try {
    call();
  } catch (thrown) {
    return thrown.payload;
  }
  return assert.fail("it was not refused");
}

test("a pair stays, and a half becomes U+FFFD", () => {
  const cases = [
    ["🎉", "🎉"],
    ["\ud83c", "\ufffd"],
    ["\udf89\ud83c", "\ufffd\ufffd"],
    ["\ud83c\ud83c\udf89\udf89", "\ufffd🎉\ufffd"],
    ["a\udfff\ud800b", "a\ufffd\ufffdb"],
    ["\\ud83c", "\\ud83c"],
    ["\\\ud83c", "\\\ufffd"],
    ["\u0000\u001f\u2028\"", "\u0000\u001f\u2028\""],
  ];
  for (const [text, expected] of cases) {
    assert.equal(wellFormed(text), expected);
    assert.equal(JSON.parse(toJson(text)), expected);
    assert.deepEqual(JSON.parse(toJson({ [text]: [text] })), { [expected]: [expected] });
  }
  assert.equal(toJson(undefined), undefined);
});

test("a half is U+FFFD in every reply", () => {
  task({ name: "half", run: () => ({ message: CUT, [CUT]: { deep: [CUT] } }) });
  assert.deepEqual(JSON.parse(exported.executeTask("half", "{}")), { status: "success", message: WHOLE, [WHOLE]: { deep: [WHOLE] } });
  templateFilter({ name: "half", run: (value) => value.slice(0, 9) });
  assert.equal(exported.executeTemplateFilter("half", "{}", '"release 🎉 party"', "[]"), `"${WHOLE}"`);
  logParser({ name: "half", run: (line) => ({ message: line.slice(0, 9) }) });
  assert.equal(exported.executeLogParser("half", "{}", "release 🎉 party"), `{"message":"${WHOLE}"}`);
  logSource({ name: "half", run: () => [CUT] });
  assert.equal(exported.executeLogSource("half", "{}"), `{"records":["${WHOLE}"],"more":false}`);
});

test("a half is U+FFFD in what is thrown and told", () => {
  const { logged } = testHost();
  log.info(CUT, { a: CUT });
  assert.deepEqual(logged, [{ level: "info", message: `${WHOLE} {"a":"${WHOLE}"}` }]);
  const thrown = { failure: () => new Failure(CUT), error: () => new Error(CUT, { cause: CUT }), text: () => CUT, value: () => ({ a: CUT }) };
  for (const [name, make] of Object.entries(thrown)) {
    task({
      name: `throws-${name}`,
      run() {
        throw make();
      },
    });
  }
  assert.deepEqual(JSON.parse(exported.executeTask("throws-failure", "{}")), { status: "error", message: WHOLE });
  assert.ok(refused(() => exported.executeTask("throws-error", "{}")).startsWith(`${WHOLE}, at `));
  assert.ok(refused(() => exported.executeTask("throws-text", "{}")).startsWith(`something was thrown that is no Error: "${WHOLE}", in the task `));
  assert.ok(refused(() => exported.executeTask("throws-value", "{}")).startsWith(`something was thrown that is no Error: {"a":"${WHOLE}"}, in the task `));
});

test("a half is U+FFFD in what the host is asked", () => {
  const host = testHost()
    .variable(WHOLE, "x")
    .command("git", [WHOLE], "")
    .function("owner", 1)
    .response("POST https://example.com/?a=release%20%EF%BF%BD", 200);
  files.write(`/srv/${CUT}`, CUT);
  assert.equal(host.written(`/srv/${WHOLE}`), WHOLE);
  assert.equal(environment.get(CUT), "x");
  process.run("git", [CUT], { stdin: CUT });
  functions.call("owner", { a: CUT });
  http.post("https://example.com/", { query: { a: CUT }, headers: { "x-a": CUT }, json: { a: CUT } });
  assert.equal(host.calls.filter((call) => call.includes("\ud83c")).length, 0);
  const bodies = host.requests.map(({ body }) => new TextDecoder().decode(body));
  assert.deepEqual(bodies, [WHOLE, "", WHOLE, "", `{"a":"${WHOLE}"}`]);
});
