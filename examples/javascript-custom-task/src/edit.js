// Editing the text of a YAML document: what was asked for changes, and no other byte.

import { Failure } from "@driftless/plugin-sdk";
import { Document, isAlias, isCollection, isMap, isScalar, isSeq, parseDocument, stringify, visit } from "yaml";

/**
 * Sees to it that a key has a value, or is not there.
 *
 * @param {string} text
 * @param {{ key: string | (string | number)[], value?: unknown, state: "present" | "absent" }} wanted
 * @returns `text`, whether it is `changed`, and the `previous` value: `null` where there was none
 * @throws {Failure} where the text is no YAML, the key leads through something that is neither a mapping nor a list, or the change would be one of
 * something else as well
 */
export function edit(text, { key, value, state }) {
  const document = parse(text);
  const path = typeof key === "string" ? key.split(".") : key;
  if (path.length === 0 || path.includes("")) throw new Failure("the key has a name that is empty");
  const place = find(document, path);
  const previous = place.node ? plain(place.node.toJS(document)) : null;
  if (state === "absent") {
    if (!place.node) return { text, changed: false, previous };
    return { text: checked(text, takeOut(text, place), path), changed: true, previous };
  }
  if (value === undefined) throw new Failure("the value is missing; `state: absent` takes a key out");
  if (place.node && same(previous, value)) return { text, changed: false, previous };
  // What is not there yet is made on the way.
  const whole = place.rest.slice(1).reduceRight((inner, name) => ({ [name]: inner }), value);
  const after = place.rest.length === 0 ? replace(text, place, whole) : add(text, place, whole);
  return { text: checked(text, after, path, value), changed: true, previous };
}

function parse(text) {
  const document = parseDocument(text, { keepSourceTokens: true, intAsBigInt: true });
  if (document.errors.length > 0) {
    // The first line says what and where; below it, the library draws an arrow.
    throw new Failure(`this is no YAML: ${document.errors[0].message.split("\n")[0].replace(/:$/, "")}`);
  }
  return document;
}

/**
 * The place at a path: the `node` that is there, in the `entry` of a `collection`; or the innermost collection or empty place on the way, and the
 * `rest` of the path. `above` has the collections around it, from the outside to the inside.
 */
function find(document, path) {
  let place = { node: document.contents ?? undefined, above: [], rest: [] };
  for (let length = 0; length < path.length; length++) {
    const { node } = place;
    const name = path[length];
    const here = () => `\`${path.slice(0, length).join(".")}\``;
    if (node === undefined || isEmpty(node)) return { ...place, rest: path.slice(length) };
    if (isAlias(node)) throw new Failure(`${here()} is the alias \`*${node.source}\`: change what it names, or write it out here`);
    if (!isCollection(node)) throw new Failure(`${here()} is ${JSON.stringify(plain(node.toJS(document)))}, and has no keys`);
    const index = isMap(node) ? node.items.findIndex((pair) => keyText(pair.key) === String(name)) : Number(name);
    const entry = node.items[index];
    const above = [...place.above, { collection: node, index }];
    if (entry === undefined) {
      if (isSeq(node) && index !== node.items.length) {
        const what = `${here()} is a list of ${node.items.length}`;
        throw new Failure(`${what}; what is added to it has the place ${node.items.length}, and not \`${name}\``);
      }
      return { node: undefined, collection: node, above, rest: path.slice(length) };
    }
    const inner = isMap(node) ? entry.value : entry;
    // A key of `{a, b}` has no value at all.
    place = { node: inner ?? undefined, entry, collection: node, above, rest: [] };
    if (inner === null) return { ...place, rest: path.slice(length + 1) };
  }
  return place;
}

/** Whether nothing is written there, or `null`. */
function isEmpty(node) {
  return isScalar(node) && node.value === null;
}

function keyText(key) {
  return isScalar(key) ? (key.source ?? String(key.value)) : undefined;
}

/** The text with another value at a place where there is one. */
function replace(text, { node, entry, collection }, value) {
  if (node?.tag && text.slice(0, node.range[0]).trimEnd().endsWith(shortTag(node.tag))) {
    throw new Failure(`what stands there has the tag \`${shortTag(node.tag)}\`: change it by hand`);
  }
  if (collection === undefined) {
    // The whole document.
    if (node === undefined) return text + breakBehind(text) + block(value, "", eol(text));
    return splice(text, start(node), end(text, node), isCollection(node) && isBlock(node) ? block(value, "", eol(text)).trimEnd() : inline(value));
  }
  if (isMap(collection) && (node === undefined || node.range[0] === node.range[1])) {
    const colon = colonOf(entry);
    if (colon === undefined) return splice(text, end(text, entry.key), end(text, entry.key), `: ${inline(value)}`);
    return splice(text, colon + 1, colon + 1, ` ${inline(value)}`);
  }
  if (node.range[0] === node.range[1]) return splice(text, node.range[0], node.range[0], ` ${inline(value)}`);
  if (!isBlock(node)) return splice(text, start(node), end(text, node), inline(value));
  if (typeof value === "object" && value !== null && Object.keys(value).length > 0) {
    const lines = block(value, " ".repeat(column(text, start(node))), eol(text)).trim();
    return splice(text, start(node), end(text, node), lines);
  }
  // A comment behind the key stays there.
  const from = isMap(collection) ? colonOf(entry) + 1 : dash(text, start(node)) + 1;
  const behind = text.slice(from, Math.min(endOfLine(text, from), start(node)));
  return splice(text, from, end(text, node), ` ${inline(value)}${behind.trimEnd()}`);
}

/** The text with an entry that was not there. */
function add(text, place, value) {
  const { node, collection, rest } = place;
  if (node !== undefined || collection === undefined) return replace(text, place, { [rest[0]]: value });
  if (!isMap(collection) && !isSeq(collection)) return replace(text, place, { [rest[0]]: value });
  const last = collection.items.at(-1);
  if (last === undefined || collection.flow) {
    const entry = isMap(collection) ? `${inline(String(rest[0]))}: ${inline(value)}` : inline(value);
    if (last === undefined) return splice(text, start(collection), end(text, collection), isMap(collection) ? `{${entry}}` : `[${entry}]`);
    const behind = endOfEntry(text, last);
    return splice(text, behind, behind, `, ${entry}`);
  }
  const indent = " ".repeat(column(text, isMap(collection) ? start(last.key) : dash(text, start(last))));
  const added = block(isMap(collection) ? { [rest[0]]: value } : [value], indent, eol(text));
  let at = endOfEntry(text, last);
  if (text[at - 1] !== "\n") at = endOfLine(text, at);
  if (text[at] === "\n") at += 1;
  const missing = breakBehind(text.slice(0, at));
  // A file whose last line has no end goes on to have none.
  return splice(text, at, at, missing === "" ? added : missing + added.slice(0, -missing.length));
}

/** The text without an entry. */
function takeOut(text, { collection, above }) {
  if (collection === undefined) throw new Failure("the key is empty, and the whole file is no key");
  const { index } = above.at(-1);
  const { items } = collection;
  if (items.length === 1) return splice(text, start(collection), end(text, collection), isMap(collection) ? "{}" : "[]");
  const from = startOfEntry(text, collection, items[index]);
  const next = items[index + 1];
  if (collection.flow) {
    if (next) return splice(text, from, startOfEntry(text, collection, next), "");
    return splice(text, endOfEntry(text, items[index - 1]), endOfEntry(text, items[index]), "");
  }
  const line = text.lastIndexOf("\n", from - 1) + 1;
  if (text.slice(line, from).trim() !== "") {
    // The first key behind a dash: the next takes its place.
    return splice(text, from, startOfEntry(text, collection, next), "");
  }
  let to = endOfEntry(text, items[index]);
  if (text[to - 1] !== "\n") to = endOfLine(text, to) + 1;
  return splice(text, line, to, "");
}

/**
 * The text after the change, which has to be what was asked for and nothing else: where that is so when it is read, too.
 *
 * @throws {Failure} where it is not
 */
function checked(before, after, path, value) {
  const expected = parse(before).toJS() ?? undefined;
  const wanted = changed(expected, path, value);
  const read = parseDocument(after, { intAsBigInt: true });
  if (read.errors.length === 0 && !hasLooseAliases(read) && same(plain(read.toJS()), plain(wanted))) return after;
  throw new Failure(`\`${path.join(".")}\` cannot be changed without something else: an alias may name it, or what stands around it`);
}

/** Whether an alias names what is not there. */
function hasLooseAliases(document) {
  let found = false;
  visit(document, { Alias: (_, alias) => { found ||= alias.resolve(document) === undefined; } });
  return found;
}

/** A value with another one at a path, or none. */
function changed(whole, path, value) {
  if (path.length === 0) return value;
  const [name, ...rest] = path;
  if (Array.isArray(whole)) {
    const items = [...whole];
    if (rest.length === 0 && value === undefined) items.splice(Number(name), 1);
    else items[Number(name)] = changed(items[Number(name)], rest, value);
    return items;
  }
  const entries = { ...whole };
  if (rest.length === 0 && value === undefined) delete entries[name];
  else entries[name] = changed(entries[name], rest, value);
  return entries;
}

/** A value on one line, in whatever it stands. */
function inline(value) {
  // In a list, what needs quotes anywhere has them.
  const text = written([value], { collectionStyle: "flow", flowCollectionPadding: false });
  return text.trim().slice(1, -1);
}

/** A value on lines of its own. */
function block(value, indent, eol) {
  const lines = written(value, {}).trimEnd().split("\n");
  return lines.map((line) => (line === "" ? "" : indent + line)).join(eol) + eol;
}

/** A value as YAML. What YAML 1.1 or 1.2 would take for something else than text stands in quotes: who reads the file is not known. */
function written(value, options) {
  const document = new Document(value);
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== "string") return;
      const isBare = ["1.1", "1.2"].every((version) => /^[^"']/.test(stringify(node.value, { version, ...LAYOUT })));
      if (!isBare || node.value.includes("\n")) node.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString({ ...LAYOUT, ...options });
}

const LAYOUT = { lineWidth: 0, blockQuote: false, doubleQuotedMinMultiLineLength: Infinity };

function isBlock(node) {
  return isCollection(node) && !node.flow;
}

/** Where a node begins, behind its anchor. */
function start(node) {
  return node.range[0];
}

/** Where a node ends: the last thing that is written in it, without comments and empty lines behind it. */
function end(text, node) {
  if (isBlock(node)) {
    const last = node.items.at(-1);
    return last === undefined ? node.range[1] : endOfEntry(text, last);
  }
  let at = node.range[1];
  // A block of text goes up to the beginning of the next line.
  const isText = isScalar(node) && (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED");
  if (isText && text[at - 1] === "\n") at -= text[at - 2] === "\r" ? 2 : 1;
  return at;
}

function startOfEntry(text, collection, entry) {
  if (isMap(collection)) return entry.srcToken?.start?.find((token) => token.type === "explicit-key-ind")?.offset ?? propsStart(text, entry);
  return collection.flow ? start(entry) : dash(text, start(entry));
}

/** Where a key begins, with an anchor in front of it. */
function propsStart(text, { srcToken, key }) {
  const first = srcToken?.start?.find((token) => token.type === "anchor" || token.type === "tag");
  return first && text.slice(first.offset, start(key)).includes("\n") === false ? first.offset : start(key);
}

function endOfEntry(text, entry) {
  if (!("key" in entry)) return end(text, entry);
  if (entry.value === null || entry.value === undefined) return end(text, entry.key);
  if (entry.value.range[0] === entry.value.range[1]) return (colonOf(entry) ?? end(text, entry.key) - 1) + 1;
  return end(text, entry.value);
}

/** Where the colon of an entry is. */
function colonOf({ srcToken }) {
  return srcToken?.sep?.find((token) => token.type === "map-value-ind")?.offset;
}

/** Where the dash of an item is, in front of it. */
function dash(text, at) {
  return text.lastIndexOf("-", at - 1);
}

function column(text, at) {
  return at - (text.lastIndexOf("\n", at - 1) + 1);
}

function endOfLine(text, at) {
  const found = text.indexOf("\n", at);
  return found < 0 ? text.length : found;
}

/** How lines end in a text. */
function eol(text) {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

/** What is missing where a text does not end with a line. */
function breakBehind(text) {
  return text === "" || text.endsWith("\n") ? "" : eol(text);
}

function splice(text, from, to, replacement) {
  return text.slice(0, from) + replacement + text.slice(to);
}

function shortTag(tag) {
  return tag.replace(/^tag:yaml\.org,2002:/, "!!");
}

/** A value as JSON has it: an integer that is too large for a number there is the text of its digits. */
function plain(value) {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** Whether two values are the same in JSON, whatever the order of keys. */
function same(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}
