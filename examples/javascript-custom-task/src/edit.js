// Editing the text of a YAML document: the bytes of one value, and no others.

import { Failure } from "@driftless/plugin-sdk";
import { isAlias, isCollection, isMap, isScalar, isSeq, parseDocument, visit } from "yaml";

import { entry, hang, inFlow, pair, scalar, wellFormed } from "./scalars.js";

const BYTE_ORDER_MARK = "\ufeff";

/**
 * Sees to it that a key has a value, or is not there.
 *
 * The text is read to find places in it, and never written anew: all but the value, its line or its lines stays as it is. What came of it is read
 * once more, and refused where anything else means something else now.
 *
 * @param {string} text
 * @param {{ key: string | (string | number)[], value?: unknown, state: "present" | "absent" }} wanted
 * @returns `text`, whether it is `changed`, and the `previous` value: `null` where there was none
 * @throws {Failure} where the text is no YAML, the key leads through something that is neither a mapping nor a list, or the value cannot be set
 *   without changing more
 */
export function edit(text, { key, value: given, state }) {
  const value = given === undefined ? given : wellFormed(given);
  const path = typeof key === "string" ? key.split(".") : key;
  if (path.length === 0 || path.includes("")) throw new Failure("the key has a name that is empty");
  if (state === "present" && value === undefined) throw new Failure("the value is missing; `state: absent` takes a key out");
  const mark = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : "";
  const source = text.slice(mark.length);
  const document = parse(source);
  const found = lookUp(document, path);
  const before = found.rest.length === 0 ? found.node : undefined;
  const previous = before === undefined ? null : plain(before, document);
  if (state === "absent" ? before === undefined : before !== undefined && same(toJs(before, document), value)) {
    return { text, changed: false, previous };
  }
  if (state === "present") refuseWhatIsNotKept(document, found);
  const editor = new Editor(source, document);
  const after = state === "absent" ? editor.remove(found) : editor.put(found, value);
  check(document, after, [...found.names, ...found.rest], value, state);
  return { text: mark + after, changed: true, previous };
}

function parse(source) {
  const document = parseDocument(source, { intAsBigInt: true, keepSourceTokens: true });
  const [error] = document.errors;
  if (error?.code === "MULTIPLE_DOCS") throw new Failure("there are several documents in it, and this task edits files with one");
  // The first line says what and where; below it, the library draws an arrow.
  if (error) throw new Failure(`this is no YAML: ${error.message.split("\n")[0].replace(/:$/, "")}`);
  return document;
}

/**
 * Follows a path as far as it leads.
 *
 * @returns `parents`, from the root on: each a collection and the place in it that the path takes; `names`, what these places are called as
 *   JavaScript has them; `node`, what stands where it ends; and `rest`, the names for which there is nothing
 */
function lookUp(document, path) {
  const [parents, names] = [[], []];
  let node = document.contents ?? undefined;
  for (let length = 0; length < path.length; length++) {
    const name = path[length];
    const where = () => (length === 0 ? "the document" : `\`${path.slice(0, length).join(".")}\``);
    if (isAlias(node)) {
      throw new Failure(`${where()} is the alias \`*${node.source}\`: what is in it stands elsewhere, and has to be changed there`);
    }
    if (isNothing(node)) return { parents, names, node, rest: path.slice(length) };
    if (!isCollection(node)) throw new Failure(`${where()} is ${JSON.stringify(plain(node, document))}, and has no keys`);
    const place = isSeq(node) ? placeIn(node, name, where) : node.items.findIndex((item) => isCalled(item.key, name));
    const item = node.items[place];
    parents.push({ node, place: item === undefined ? -1 : place });
    if (item === undefined) return { parents, names, node: undefined, rest: path.slice(length) };
    names.push(isMap(node) ? String(item.key.value ?? "") : place);
    node = isMap(node) ? (item.value ?? undefined) : item;
    // A pair between the brackets of a list, `[a: 1]`.
    if (node?.key !== undefined) throw new Failure(`${where()} has a pair as an entry, which this task does not edit`);
  }
  return { parents, names, node, rest: [] };
}

/** Nothing, or a null that is not written. */
function isNothing(node) {
  return node === undefined || (isScalar(node) && node.value === null);
}

function isCalled(key, name) {
  // `007` is called so in the file, whatever number it is.
  return isScalar(key) && [key.source, String(key.value)].includes(String(name));
}

function placeIn(list, name, where) {
  const place = Number(name);
  if (!/^\d+$/.test(String(name))) throw new Failure(`${where()} is a list: a place in it is a number, not ${JSON.stringify(name)}`);
  if (place > list.items.length) throw new Failure(`${where()} has ${list.items.length} entries, and no place ${place}`);
  return place;
}

function refuseWhatIsNotKept(document, { node, rest }) {
  if (node === undefined || isAlias(node)) return;
  if (node.tag) throw new Failure(`the value has the tag \`${node.tag}\`, and this task does not edit what has one`);
  if (node.anchor && rest.length === 0 && isReferredTo(document, node.anchor)) {
    throw new Failure(`the value has the anchor \`&${node.anchor}\`: changing it would change every \`*${node.anchor}\` as well`);
  }
}

function isReferredTo(document, anchor) {
  let is = false;
  visit(document, {
    Alias(_, { source }) {
      is ||= source === anchor;
    },
  });
  return is;
}

/** Replaces parts of a text, by the places of what was read from it. */
class Editor {
  #source;
  #contents;
  #eol;

  constructor(source, document) {
    this.#source = source;
    this.#contents = document.contents;
    const first = source.indexOf("\n");
    this.#eol = first > 0 && source[first - 1] === "\r" ? "\r\n" : "\n";
  }

  /** The text with a value where the path leads. */
  put({ parents, node, rest }, value) {
    if (rest.length > 0 && parents.length > 0 && parents.at(-1).place < 0) {
      // What is missing is made in the last collection that is there.
      const [name, ...below] = rest;
      return this.#add(parents.at(-1).node, name, nested(below, value));
    }
    const whole = nested(rest, value);
    if (parents.length === 0) return this.#root(node, whole);
    return this.#set(parents, node, whole);
  }

  /** The text without the pair or the entry where the path leads. */
  remove({ parents }) {
    const { node: collection, place } = parents.at(-1);
    const item = collection.items[place];
    const next = collection.items[place + 1];
    const [start, end] = [this.#start(collection, item), this.#end(item, collection)];
    if (collection.flow) {
      if (next) return this.#splice(start, this.#start(collection, next), "");
      const last = collection.items[place - 1];
      // Of the only one, a comma behind it goes as well.
      return last ? this.#splice(this.#end(last, collection), end, "") : this.#splice(start, collection.range[1] - 1, "");
    }
    const nothing = isMap(collection) ? "{}" : "[]";
    const separator = this.#source[end - 1] === "\n" ? this.#eol : "";
    if (collection.items.length === 1) return this.#splice(start, end, nothing + separator);
    // It stands behind the hyphen of a list: what follows takes its place.
    if (!this.#isFirstInLine(start)) return this.#splice(start, next ? this.#start(collection, next) : end, "");
    return this.#splice(this.#lineStart(start), this.#lineEnd(end), "");
  }

  #root(node, value) {
    if (node === undefined || node.range[0] === node.range[1]) return this.#append(lines(value));
    return this.#splice(node.range[0], node.range[1], scalarOrFlow(value));
  }

  /** Puts a value in the place of another. */
  #set(parents, node, value) {
    const { node: collection, place } = parents.at(-1);
    const item = collection.items[place];
    const isFlow = parents.some((parent) => parent.node.flow);
    const isPlain = typeof value !== "object" || value === null || isFlow || Object.keys(value).length === 0;
    const isBlock = isCollection(node) && !node.flow;
    if (node !== undefined && node.range[0] < node.range[1] && !isBlock) {
      // What replaces a scalar that is alone on its line may have lines of its own.
      const end = this.#end(node);
      const separator = this.#source[end - 1] === "\n" ? this.#eol : "";
      const trailing = this.#source.slice(end, this.#lineEnd(end, false)).trim();
      if (isPlain || trailing !== "" || isSeq(collection)) {
        return this.#splice(node.range[0], end, scalarOrFlow(value, quoteOf(node)) + separator);
      }
    }
    const after = this.#indicator(collection, item);
    if (isBlock || !isPlain) {
      const end = node === undefined ? after : Math.max(this.#end(node), after);
      const column = this.#column(this.#start(collection, item));
      const comment = isBlock ? this.#source.slice(after, this.#lineEnd(after, false)) : "";
      const isBeneath = isBlock && node.range[0] > this.#lineEnd(after, false);
      const separator = this.#source[end - 1] === "\n" ? this.#eol : "";
      if (isPlain || isSeq(collection)) {
        const kept = isBeneath ? comment : "";
        return this.#splice(after, end, ` ${scalarOrFlow(value)}${kept}${separator}`);
      }
      const [, ...beneath] = hang("", value, column);
      const kept = isBeneath ? comment : "";
      return this.#splice(after, end, kept + this.#eol + beneath.join(this.#eol) + separator);
    }
    return this.#splice(after, after, ` ${scalarOrFlow(value)}`);
  }

  /** Puts a pair or an entry behind the others of a collection. */
  #add(collection, name, value) {
    const isList = isSeq(collection);
    const last = collection.items.at(-1);
    if (collection.flow) {
      const text = isList ? inFlow(value) : inFlow({ [name]: value }).slice(1, -1);
      if (!last) return this.#splice(collection.range[0] + 1, collection.range[0] + 1, text);
      const end = this.#end(last, collection);
      return this.#splice(end, end, `, ${text}`);
    }
    const column = this.#column(this.#start(collection, collection.items[0]));
    const added = isList ? entry(value, column) : pair(String(name), value, column);
    const text = [" ".repeat(column) + added[0], ...added.slice(1)].join(this.#eol);
    const end = this.#end(last, collection);
    if (this.#source[end - 1] === "\n") return this.#splice(end, end, text + this.#eol);
    const to = this.#lineEnd(end, false);
    return this.#splice(to, to, this.#eol + text);
  }

  #append(added) {
    const text = added.join(this.#eol);
    const isEnded = this.#source === "" || this.#source.endsWith("\n");
    return this.#source + (isEnded ? "" : this.#eol) + text + (isEnded ? this.#eol : "");
  }

  #splice(start, end, instead) {
    return this.#source.slice(0, start) + instead + this.#source.slice(end);
  }

  /** Where an item begins: a hyphen, a key, or the entry of a list between brackets. */
  #start(collection, item) {
    const token = tokenOf(collection, item);
    const indicator = token?.start?.find(({ type }) => type === "seq-item-ind" || type === "explicit-key-ind");
    if (indicator) return indicator.offset;
    const properties = token?.start?.find(({ type }) => type === "anchor" || type === "tag");
    return properties?.offset ?? (item.key ?? item).range[0];
  }

  /** Where the last character of a node or a pair stands, with the line breaks of a block scalar and with no others. */
  #end(item, collection) {
    if (isCollection(item) && !item.flow && item.items.length > 0) return this.#end(item.items.at(-1), item);
    if (item.range) return item.range[1] > item.range[0] || !collection ? item.range[1] : this.#indicator(collection, item);
    const { key, value } = item;
    if (value && (isCollection(value) || value.range[1] > value.range[0])) return this.#end(value);
    const indicator = this.#indicator(collection, item);
    return indicator ?? key.range[1];
  }

  /** Where a value may stand: behind the colon, or behind the hyphen. */
  #indicator(collection, item) {
    const token = tokenOf(collection, item);
    const all = [...(token?.start ?? []), ...(token?.sep ?? [])];
    const found = all.findLast(({ type }) => type === (isMap(collection) ? "map-value-ind" : "seq-item-ind"));
    if (found) {
      // Behind an anchor or a tag as well, which stay.
      const properties = all.findLast(({ type, offset }) => (type === "anchor" || type === "tag") && offset > found.offset);
      const last = properties ?? found;
      return last.offset + last.source.length;
    }
    return item.key?.range?.[1] ?? item.range?.[0];
  }

  #lineStart(place) {
    return this.#source.lastIndexOf("\n", place - 1) + 1;
  }

  #lineEnd(place, withBreak = true) {
    if (place > 0 && withBreak && this.#source[place - 1] === "\n") return place;
    const found = this.#source.indexOf("\n", place);
    if (found < 0) return this.#source.length;
    if (withBreak) return found + 1;
    return this.#source[found - 1] === "\r" && found > place ? found - 1 : found;
  }

  #column(place) {
    return place - this.#lineStart(place);
  }

  #isFirstInLine(place) {
    return this.#source.slice(this.#lineStart(place), place).trim() === "";
  }
}

/** What the parser read an item of a collection from. */
function tokenOf(collection, item) {
  return item.srcToken && item.key !== undefined ? item.srcToken : collection.srcToken?.items?.filter(hasContent)[collection.items.indexOf(item)];
}

/** Comments in front of an end of a collection are items of their own for the parser. */
function hasContent(token) {
  return token.key !== undefined || token.value !== undefined || token.sep !== undefined || token.start?.some(({ type }) => type === "seq-item-ind");
}

function quoteOf(node) {
  return { QUOTE_DOUBLE: '"', QUOTE_SINGLE: "'" }[node.type];
}

function scalarOrFlow(value, quote) {
  return typeof value === "object" && value !== null ? inFlow(value) : scalar(value, quote);
}

/** The lines of a whole document. */
function lines(value) {
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) return [scalarOrFlow(value)];
  return Array.isArray(value) ? value.flatMap((inner) => entry(inner, 0)) : Object.entries(value).flatMap(([key, inner]) => pair(key, inner, 0));
}

/** A value beneath names that are not there yet. */
function nested(names, value) {
  return names.reduceRight((inner, name) => (name === 0 ? [inner] : { [name]: inner }), value);
}

/** What came of it has to be what there was, but for the place that was meant. */
function check(document, after, path, value, state) {
  const expected = change(toJs(document.contents, document), path, value, state);
  let document_after;
  try {
    document_after = parse(after);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure("the value cannot be set without changing more of the text", { cause: error });
  }
  if (!same(toJs(document_after.contents, document_after), expected)) {
    throw new Failure("the value cannot be set without changing more of the text");
  }
}

function change(whole, path, value, state) {
  const [name, ...below] = path;
  if (name === undefined) return value;
  if (Array.isArray(whole)) {
    const place = Number(name);
    if (state === "absent" && below.length === 0) return whole.filter((_, at) => at !== place);
    const changed = [...whole];
    changed[place] = change(whole[place], below, value, state);
    return changed;
  }
  if (whole === null || whole === undefined) return nested(path, value);
  const { [name]: gone, ...others } = whole;
  return state === "absent" && below.length === 0 ? others : { ...others, [name]: change(gone, below, value, state) };
}

/** A node as values of JavaScript, where integers keep their digits. */
function toJs(node, document) {
  return node?.toJS ? node.toJS(document) : null;
}

/** A node as JSON has it; an integer that JavaScript does not know exactly is its digits. */
function plain(node, document) {
  const simple = (value) => {
    if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    if (Array.isArray(value)) return value.map(simple);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, simple(inner)]));
  };
  return simple(toJs(node, document));
}

/** Whether two values are the same in JSON, whatever the order of keys. */
function same(a, b) {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  if (typeof a === "bigint" || typeof b === "bigint") {
    const isWhole = (value) => typeof value === "bigint" || Number.isSafeInteger(value);
    return isWhole(a) && isWhole(b) && BigInt(a) === BigInt(b);
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}
