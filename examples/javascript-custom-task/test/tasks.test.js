import assert from "node:assert/strict";
import { test } from "node:test";

import { executeTask, testHost } from "@driftless/plugin-sdk/testing";
import { parse } from "yaml";

import "../src/index.js";

const CONF = `# The application.
server:
  port: 8080 # not below 1024
  hosts: [a, b]

# Who may enter.
users:
  - name: ada
`;

const change = (config, text = CONF) => executeTask("yaml_text", { text, ...config });

test("a value is replaced and its comment stays", () => {
  const { text, ...result } = change({ key: "server.port", value: 9090 });
  assert.deepEqual(result, { status: "success", message: "changed", changed: true, previous: 8080 });
  assert.equal(text, CONF.replace("8080", "9090"));
});

test("what is as it should be is left alone, to the letter", () => {
  for (const wanted of [
    { key: "server.port", value: 8080 },
    { key: ["users", 0], value: { name: "ada" } },
    { key: "server.proxy", state: "absent" },
  ]) {
    const { changed, text } = change(wanted);
    assert.deepEqual([changed, text], [false, CONF]);
  }
});

test("keys are made where they are missing, and taken out", () => {
  assert.match(change({ key: "server.tls.enabled", value: true }).text, /\n {2}tls:\n {4}enabled: true\n/);
  assert.doesNotMatch(change({ key: "users", state: "absent" }).text, /users/);
  assert.equal(change({ key: "a", value: [1, null] }, "").text, "a:\n  - 1\n  - null\n");
});

test("nothing but what was asked for changes", () => {
  const text = [
    "server:",
    "    host: example.com          # this is where you put the host",
    "    port: 8080",
    "mode: 0644",
    "account: 12345678901234567890",
    "snowflake: 9007199254740993",
    "commit: 0012345e10",
    "share: 0.1000000000000000055511151231257827",
    "hosts:",
    '- {name: a, tags: [ "x","y" ]}',
    "-   name: b   # two",
    "    tags: []",
    "empty:",
    "text: |",
    "  one",
    "",
    "  two",
    "last: 'no'",
    "",
  ];
  const lines = (config, eol = "\n") => change(config, text.join(eol)).text.split(eol);
  const replaced = (number, line) => text.with(number, line);
  for (const eol of ["\n", "\r\n"]) {
    assert.deepEqual(lines({ key: "server.port", value: 9090 }, eol), replaced(2, "    port: 9090"));
    assert.deepEqual(lines({ key: "server.host", value: "no" }, eol), replaced(1, '    host: "no"          # this is where you put the host'));
    assert.deepEqual(lines({ key: "hosts.0.tags.1", value: "a, b" }, eol), replaced(9, '- {name: a, tags: [ "x","a, b" ]}'));
    assert.deepEqual(lines({ key: "hosts.0.port", value: 1 }, eol), replaced(9, '- {name: a, tags: [ "x","y" ], port: 1}'));
    assert.deepEqual(lines({ key: "hosts.0.name", state: "absent" }, eol), replaced(9, '- {tags: [ "x","y" ]}'));
    assert.deepEqual(lines({ key: "hosts.1.name", state: "absent" }, eol), text.toSpliced(10, 2, "-   tags: []"));
    assert.deepEqual(lines({ key: "hosts.1.tags.0", value: "1_000" }, eol), replaced(11, '    tags: ["1_000"]'));
    assert.deepEqual(lines({ key: "empty", value: "x: y" }, eol), replaced(12, 'empty: "x: y"'));
    assert.deepEqual(lines({ key: "empty.a.b", value: true }, eol), replaced(12, "empty: {a: {b: true}}"));
    assert.deepEqual(lines({ key: "text", value: "one" }, eol), text.toSpliced(13, 4, "text: one"));
    assert.deepEqual(lines({ key: "last", value: null }, eol), replaced(17, "last: null"));
    assert.deepEqual(lines({ key: "server", value: 1 }, eol), text.toSpliced(0, 3, "server: 1"));
    assert.deepEqual(lines({ key: "server.tls", value: { on: "yes" } }, eol), text.toSpliced(3, 0, "    tls:", '      "on": "yes"'));
    assert.deepEqual(lines({ key: "hosts.2", value: "c" }, eol), text.toSpliced(12, 0, "- c"));
    assert.deepEqual(lines({ key: "new", value: "2026-11-21" }, eol), text.toSpliced(18, 0, 'new: "2026-11-21"'));
    assert.deepEqual(lines({ key: "text", state: "absent" }, eol), text.toSpliced(13, 4));
    assert.deepEqual(lines({ key: "server", state: "absent" }, eol), text.toSpliced(0, 3));
  }
  assert.equal(change({ key: "account", value: 1 }, text.join("\n")).previous, "12345678901234567890");
  assert.equal(change({ key: "b", value: 1 }, "a: 1").text, "a: 1\nb: 1");
});

test("an alias is not followed, and what has one is not changed behind its back", () => {
  const text = "base: &base {a: 1}\none: *base\nport: &port 1\nsame: *port\nsecret: !vault x\n";
  const message = (config) => change(config, text).message;
  assert.equal(message({ key: "one.a", value: 2 }), "`one` is the alias `*base`: change what it names, or write it out here");
  assert.equal(change({ key: "one", value: 2 }, text).text, text.replace("one: *base", "one: 2"));
  for (const config of [{ key: "port", value: 2 }, { key: "base.a", value: 2 }, { key: "base.b", value: 2 }, { key: "base", state: "absent" }]) {
    assert.match(message(config), /^`[a-z.]+` cannot be changed without something else/);
  }
  assert.equal(message({ key: "secret", value: 2 }), "what stands there has the tag `!vault`: change it by hand");
  assert.equal(change({ key: ["a", 3], value: 1 }, "a: [1]").message, "`a` is a list of 1; what is added to it has the place 1, and not `3`");
});

/** Numbers that are the same in every run. */
function random(seed) {
  return (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
}

const WRITTEN = [
  "x", "0644", "12345678901234567890", "1.10", "0.1000000000000000055511151231257827", "'single'", '"double \\n"', "~", "", "no", "2026-11-21", "[ a,b ]",
  "{a: 1,  b: [ ]}", "|\n INDENT one\n INDENT  two", ">-\n INDENT folded\n INDENT text", "plain with# no comment", "[]", "*anchor",
];
const VALUES = [
  "no", "y", "on", "~", "null", "0644", "0o17", "1_000", "1e3", "12:30", "2026-11-21", "", " ", "a: b", "a #b", "- a", "# a", "@a", "*a", "&a", "!a", "{a", "[a", "a]", "a,b",
  "it's", 'say "x"', "two\nlines", "tab\there", "ünï", "😀", "%a", "|", ">", "?", "=", "<<", "---", "x".repeat(300), 0, -1, 1.5, 1e21, true, false, null, [], {}, [1, "no"],
  { on: ["a", { b: "off" }] },
];

test("whatever stands in a file, the difference is the line that was asked for", () => {
  const below = random(2026);
  const pick = (list) => list[below(list.length)];
  for (let round = 0; round < 500; round++) {
    const eol = pick(["\n", "\r\n"]);
    const step = " ".repeat(1 + below(4));
    const blocks = [];
    const leaves = [];
    const count = 2 + below(4);
    blocks.push(["anchor: &anchor 1"]);
    for (let outer = 0; outer < count; outer++) {
      if (below(3) === 0) blocks.push([pick(["", "# a comment", "   # an indented one"])]);
      const isMap = below(3) > 0;
      blocks.push([`key${outer}:${pick(["", " # why"])}`]);
      for (let inner = 0; inner <= below(4); inner++) {
        const scalar = pick(WRITTEN).replaceAll("INDENT", step + step);
        const comment = scalar.includes("\n") || scalar === "" ? "" : pick(["", "   # behind"]);
        const lines = (step + (isMap ? `${pick([`name${inner}`, `"quoted name ${inner}"`, `808${inner}`])}: ` : "- ") + scalar + comment).split("\n");
        leaves.push({ at: blocks.length, indent: step });
        blocks.push(lines);
      }
    }
    const text = blocks.flat().join(eol) + pick([eol, "", eol + eol, eol + "# the end" + eol]);
    const leaf = pick(leaves);
    // The path of the leaf: which key it is under, and which entry of that it is.
    const above = blocks.slice(0, leaf.at).findLastIndex((lines) => lines[0].startsWith("key"));
    const [line] = blocks[leaf.at];
    const name = line.trimStart().startsWith("- ") ? leaf.at - above - 1 : /^ *(?:"([^"]*)"|([^:]*)):/.exec(line).slice(1).join("");
    const path = [blocks[above][0].split(":")[0], name];
    const value = pick(VALUES);
    const { status, message, text: after } = change({ key: path, value }, text);
    assert.equal(status, "success", `${message}: ${JSON.stringify(path)} in\n${text}`);
    // Before the entry and behind it, every byte is as it was.
    const before = blocks.slice(0, leaf.at).flat().map((each) => each + eol).join("");
    const behind = text.slice(before.length + blocks[leaf.at].join(eol).length);
    assert.ok(after.startsWith(before) && after.endsWith(behind), `${JSON.stringify(value)} at ${JSON.stringify(path)}:\n${text}\nbecame\n${after}`);
    const changed = after.slice(before.length, after.length - behind.length);
    assert.ok(!changed.includes("\n") || changed === blocks[leaf.at].join(eol), changed);
    for (const version of ["1.1", "1.2"]) {
      const read = parse(after, { version, schema: version === "1.1" ? "yaml-1.1" : "core" });
      if (version === "1.2" || typeof value === "string") assert.deepEqual(read[path[0]][path[1]], value, after);
    }
    // Once more changes nothing.
    assert.equal(change({ key: path, value }, after).changed, false);
  }
});

test("what cannot be done is told", () => {
  const message = (config, text) => change(config, text).message;
  assert.equal(message({ key: "server.port.number", value: 1 }), "`server.port` is 8080, and has no keys");
  assert.match(message({ key: "a", value: 1 }, "a: [1"), /^this is no YAML: .* at line 1, column 6$/);
  assert.equal(message({ key: "a" }), "the value is missing; `state: absent` takes a key out");
  assert.equal(message({ key: "a..b", value: 1 }), "the key has a name that is empty");
});

test("a file is written only where something changes", () => {
  const host = testHost().file("/srv/app/conf.yml", CONF);
  const run = () => executeTask("yaml", { path: "/srv/app/conf.yml", key: "server.port", value: 9090 });
  assert.deepEqual(run(), { status: "success", message: "changed /srv/app/conf.yml", changed: true, previous: 8080 });
  assert.deepEqual(run(), { status: "success", message: "/srv/app/conf.yml is as it should be", changed: false, previous: 9090 });
  assert.deepEqual(host.calls, ["read /srv/app/conf.yml", "write /srv/app/conf.yml", "read /srv/app/conf.yml"]);
  assert.deepEqual(host.logged, [{ level: "info", message: "wrote /srv/app/conf.yml" }]);
});

test("a file that is not there is made where that is wanted", () => {
  const host = testHost();
  const config = { path: "/srv/app/new.yml", key: "a.b", value: "c" };
  assert.equal(executeTask("yaml", config).message, "/srv/app/new.yml: there is no such file; `create: true` makes one");
  assert.equal(executeTask("yaml", { ...config, create: true }).changed, true);
  assert.equal(host.written("/srv/app/new.yml"), "a:\n  b: c\n");
});

test("without the permission the task says so", () => {
  testHost().fails("read /etc/app.yml", "denied");
  const { status, message } = executeTask("yaml", { path: "/etc/app.yml", key: "a", value: 1 });
  assert.equal(status, "error");
  assert.match(message, /read \/etc\/app.yml/);
});
