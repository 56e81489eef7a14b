// What an edit leaves alone: every byte but those that were asked for.

import assert from "node:assert/strict";
import { test } from "node:test";

import { parse } from "yaml";

import { edit } from "../src/edit.js";

const put = (text, key, value) => edit(text, { key, value, state: "present" }).text;
const remove = (text, key) => edit(text, { key, state: "absent" }).text;
const refused = (text, key, value) => {
  try {
    put(text, key, value);
  } catch ({ message }) {
    return message;
  }
  return assert.fail("it was not refused");
};

const BEFORE = `server:
    host: example.com          # this is where you put the host
    port: 8080
mode: 0644
account: 12345678901234567890
snowflake: 9007199254740993
commit: 0012345e10
phone: +491234567
share: 0.1000000000000000055511151231257827
hosts:
- {name: a, tags: [ "x","y" ]}
`;

test("other values and their layout stay", () => {
  for (const eol of ["\n", "\r\n"]) {
    for (const mark of ["", "\ufeff"]) {
      for (const end of [eol, ""]) {
        const text = mark + BEFORE.replaceAll("\n", eol).slice(0, -eol.length) + end;
        assert.equal(put(text, "server.port", 9090), text.replace("8080", "9090"));
        assert.equal(put(text, ["hosts", 0, "tags", 1], "z"), text.replace('"y"', '"z"'));
        assert.equal(put(text, "server.tls", true), text.replace(`8080${eol}`, `8080${eol}    tls: true${eol}`));
        assert.equal(put(text, ["hosts", 1], "b"), `${text}${end ? "" : eol}- b${end}`);
        assert.equal(remove(text, "server.host"), text.replace(/ {4}host.*?\r?\n/, ""));
        assert.equal(edit(text, { key: "account", state: "absent" }).previous, "12345678901234567890");
      }
    }
  }
});

test("what needs quotes has them", () => {
  const words = ["yes", "No", "on", "OFF", "y", "n", "true", "null", "~", "", " a", "a ", "1", "1_000", "0x1F", "0o17", "017", "1e3", ".5", ".inf"];
  words.push("-", "- a", "-a", "? a", ": a", "a: b", "a:", "a #b", "#a", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "[a", "{a", "a, b", "]", "}", '"', "'");
  words.push("2001-12-14", "12:30:45", "<<", "=", "---", "...", "a\nb", "a\tb", "\u0007", "\u0085", "\u2028", "\ufeff", "é", "日本", "a\\b", "\ud83c", "🎉");
  const contexts = ["k: old # c\n", "k: 'old'\n", 'k: "old"\n', "{k: old, j: 1}\n", "k:\n", "j: 1\n"];
  for (const text of contexts) {
    for (const word of words) {
      const after = put(text, "k", word);
      for (const version of ["1.1", "1.2"]) {
        assert.equal(parse(after, { version }).k, word.replace(/[\ud800-\udfff]/gu, "\ufffd"), `${JSON.stringify(after)} ${version}`);
      }
      const { changed } = edit(after, { key: "k", value: word.replace(/[\ud800-\udfff]/gu, "\ufffd"), state: "present" });
      assert.equal(changed, false);
    }
  }
  for (const plain of ["a", "some text", "/srv/app", "http://example.com:80/x", "a_b.c-d"]) assert.equal(put("k: x\n", "k", plain), `k: ${plain}\n`);
  assert.equal(put("k: 'it''s'\n", "k", "that's"), "k: 'that''s'\n");
  assert.equal(put("a: 1\n", "b: c", 1), 'a: 1\n"b: c": 1\n');
});

test("values of all kinds take the place of one another", () => {
  const cases = [
    ["a: 1 # c\nb: 2\n", "a", [1, 2], "a: [1, 2] # c\nb: 2\n"],
    ["a: 1\nb: 2\n", "a", { x: { z: [] } }, "a:\n  x:\n    z: []\nb: 2\n"],
    ["a:\nb: 2\n", "a", [1], "a:\n  - 1\nb: 2\n"],
    ["a: # c\nb: 2\n", "a", 1, "a: 1 # c\nb: 2\n"],
    ["a: # c\n  - 1\n  - 2 # d\n\nb: 2\n", "a", 1, "a: 1 # c # d\n\nb: 2\n"],
    ["a: |\n  text\n  more\nb: 2\n", "a", "x", "a: x\nb: 2\n"],
    ["a: |+\n  text\n\nb: 2\n", "a", 1, "a: 1\nb: 2\n"],
    ["a: 'several\n  lines'\nb: 2\n", "a", "x", "a: 'x'\nb: 2\n"],
    ["a: {b: 1, c: 2} # d\n", "a.b", { x: 1 }, "a: {b: {x: 1}, c: 2} # d\n"],
    ["a: {}\n", "a.b", 1, "a: {b: 1}\n"],
    ["a: [1, 2]\n", ["a", 2], "x y", "a: [1, 2, x y]\n"],
    ["- - 1\n  - 2\n", [0, 1], 3, "- - 1\n  - 3\n"],
    ["- a: 1\n  b: 2\n", [0, "c"], 3, "- a: 1\n  b: 2\n  c: 3\n"],
    ["-\n- 2\n", [0], 1, "- 1\n- 2\n"],
    ["# only a comment\n", "a.b", 1, "# only a comment\na:\n  b: 1\n"],
    ["---\na: 1\n", "b", 2, "---\na: 1\nb: 2\n"],
    ["a: &x 1\n", "a", 2, "a: &x 2\n"],
    ["a: &x 1\nb: *x\n", "b", 2, "a: &x 1\nb: 2\n"],
    ["8080: a\n", "8080", "b", "8080: b\n"],
    ["a: 1\n", "a", null, "a: null\n"],
    ["a: 12345678901234567890\nb: 1\n", "b", 2, "a: 12345678901234567890\nb: 2\n"],
  ];
  for (const [text, key, value, expected] of cases) assert.equal(put(text, key, value), expected, text);
});

test("what is taken out takes its own lines along", () => {
  const cases = [
    ["a: 1\n# about b\nb: 2 # c\nc: 3\n", "b", "a: 1\n# about b\nc: 3\n"],
    ["a: 1\nb: 2", "b", "a: 1\n"],
    ["a:\n  - x\n  - y\nb: 2\n", "a", "b: 2\n"],
    ["a:\n  b: 1\n", "a.b", "a:\n  {}\n"],
    ["a:\n  - x: 1\n    y: 2\n", ["a", 0, "x"], "a:\n  - y: 2\n"],
    ["a: |\n  t\nb: 1\n", "a", "b: 1\n"],
    ["{a: 1, b: 2, c: 3}\n", "b", "{a: 1, c: 3}\n"],
    ["{a: 1, b: 2}\n", "b", "{a: 1}\n"],
    ["[1, 2]\n", [0], "[2]\n"],
    ["a: [1]\n", ["a", 0], "a: []\n"],
    ["a: [1,]\n", ["a", 0], "a: []\n"],
    ["a: [1, 2,]\n", ["a", 1], "a: [1,]\n"],
    ["a:\n  b: |\n    t\nc: 1\n", "a.b", "a:\n  {}\nc: 1\n"],
  ];
  for (const [text, key, expected] of cases) assert.equal(remove(text, key), expected, text);
});

test("what would change more is refused, in words of the task", () => {
  const cases = [
    ["a: &x 1\nb: *x\n", "a", 2, "the value has the anchor `&x`: changing it would change every `*x` as well"],
    ["a: &x {k: 1}\nb: *x\n", "b.k", 2, "`b` is the alias `*x`: what is in it stands elsewhere, and has to be changed there"],
    ["a: !vault x\n", "a", 2, "the value has the tag `!vault`, and this task does not edit what has one"],
    ["a: 1\n---\na: 2\n", "a", 3, "there are several documents in it, and this task edits files with one"],
    ["a: [1]\n", ["a", 3], 3, "`a` has 1 entries, and no place 3"],
    ["a: [1]\n", "a.b", 3, '`a` is a list: a place in it is a number, not "b"'],
    ["a: 1\n", "a", 12345678901234567890, "the number 12345678901234567000 is larger than JavaScript knows exactly; write it as text, or into the file by hand"],
  ];
  for (const [text, key, value, message] of cases) assert.equal(refused(text, key, value), message);
  // The empty line behind `b` would become one of the text before it.
  assert.throws(() => remove("a: |+\n  text\nb: 1\n\nc: 1\n", "b"), { message: "the value cannot be set without changing more of the text" });
});

/** Numbers that are the same in every run. */
function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const SCALARS = ["1", "0644", "12345678901234567890", "0012345e10", "+49", "0.10", "1_000", "yes", "~", "null", "true", "text", "two words", "'it''s'", '"q\\t"', "''", "0x1F"];
const VALUES = [9, -1, 0.5, true, null, "new", "yes", "a: b", "- x", "0x1F", "", "long text # with this", [1, "b"], { k: "v", l: [] }, []];

/** A document with all that people write, and the paths of what is in it. */
function generate(below) {
  const eol = below(3) === 0 ? "\r\n" : "\n";
  const lines = [];
  const paths = [];
  const noise = (indent) => {
    if (below(5) === 0) lines.push(`${" ".repeat(indent)}# a comment: with a colon`);
    if (below(8) === 0) lines.push("");
  };
  const behind = () => (below(4) === 0 ? `${" ".repeat(1 + below(4))}# behind` : "");
  const flow = (path, depth) => {
    const kind = depth > 1 ? 2 : below(3);
    paths.push(path);
    if (kind === 2) return SCALARS[below(SCALARS.length)];
    const items = [...Array(below(4)).keys()];
    if (kind === 0) return `[${items.map((at) => flow([...path, at], depth + 1)).join(below(2) ? ", " : " , ")}${below(6) || !items.length ? "" : ","}]`;
    return `{${items.map((at) => `f${at}: ${flow([...path, `f${at}`], depth + 1)}`).join(", ")}}`;
  };
  const block = (path, head, indent, depth) => {
    const kind = below(depth > 2 ? 4 : 7);
    paths.push(path);
    const deeper = indent + 1 + below(4);
    if (kind < 2) lines.push(`${head} ${SCALARS[below(SCALARS.length)]}${behind()}`);
    else if (kind === 2) {
      paths.pop();
      lines.push(`${head} ${flow(path, 0)}${behind()}`);
    } else if (kind === 3) {
      lines.push(`${head}${["", " |", " >-", " |+"][below(4)]}`);
      if (!lines.at(-1).endsWith(head.at(-1))) lines.push(`${" ".repeat(deeper)}some text`, `${" ".repeat(deeper)}- more: text`);
    } else if (kind === 4) {
      lines.push(`${head}${behind()}`);
      for (let at = 0; at <= below(3); at++) block([...path, at], `${" ".repeat(deeper)}-`, deeper, depth + 1);
    } else mapping(path, (lines.push(`${head}${behind()}`), deeper), depth + 1);
  };
  const mapping = (path, indent, depth) => {
    const many = 1 + below(3);
    for (let at = 0; at < many; at++) {
      noise(indent);
      const name = ["port", "0", "yes", "a-b"][at] + depth;
      block([...path, name], `${" ".repeat(indent)}${name}:`, indent, depth);
    }
  };
  mapping([], 0, 0);
  const text = (below(6) === 0 ? "\ufeff" : "") + lines.join(eol) + (below(4) === 0 ? "" : eol);
  return { text, paths, eol };
}

test("500 files: the difference is what was asked for", () => {
  const seen = { put: 0, add: 0, remove: 0, same: 0, refused: {} };
  for (let seed = 0; seed < 500; seed++) {
    const below = random(seed);
    const { text, paths, eol } = generate(below);
    const key = paths[below(paths.length)];
    const kind = ["put", "put", "add", "remove"][below(4)];
    const value = VALUES[below(VALUES.length)];
    const path = kind === "add" ? [...key.slice(0, -1), "added"] : key;
    const wanted = { key: path, value: kind === "remove" ? undefined : value, state: kind === "remove" ? "absent" : "present" };
    let result;
    try {
      result = edit(text, wanted);
    } catch ({ message }) {
      seen.refused[message] = (seen.refused[message] ?? []).concat(seed);
      continue;
    }
    const about = `seed ${seed}: ${JSON.stringify(wanted)}\n${text}\n=>\n${result.text}`;
    if (!result.changed) {
      assert.equal(result.text, text, about);
      seen.same++;
      continue;
    }
    seen[kind]++;
    // What stands in front of the first difference and behind the last one is as it was: the lines between them are those of the value.
    const [old, now] = [text.split(eol), result.text.split(eol)];
    let start = 0;
    while (start < Math.min(old.length, now.length) && old[start] === now[start]) start++;
    let end = 0;
    while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end)) end++;
    const [gone, come] = [old.slice(start, old.length - end), now.slice(start, now.length - end)];
    const isOneLine = (value === null || typeof value !== "object") && kind !== "remove";
    if (isOneLine) assert.ok(come.length <= 1 || (kind === "add" && come.length === 2), about);
    if (kind === "add") assert.ok(gone.length <= 1, about);
    if (text.includes("\r\n")) assert.ok(!/(^|[^\r])\n/.test(result.text), about);
    assert.equal(result.text.startsWith("\ufeff"), text.startsWith("\ufeff"), about);
    // A second time there is nothing to do, but for an entry whose place the next one has taken.
    if (kind !== "remove" || typeof path.at(-1) !== "number") assert.equal(edit(result.text, wanted).changed, false, about);
  }
  assert.ok(seen.put > 100 && seen.add > 30 && seen.remove > 50, JSON.stringify(seen));
  const refusals = Object.keys(seen.refused).filter((message) => !message.includes("is a list: a place in it"));
  assert.deepEqual(refusals, [], JSON.stringify(seen.refused));
});
