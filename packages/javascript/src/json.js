// JSON in, JSON out, with failures in the words of the protocol. What JSON does not have is refused with its place rather than left out.

import { Defect, Failure } from "./failure.js";
import { toJson } from "./text.js";

/** Reads JSON that the host handed over. */
export function read(what, json) {
  try {
    return JSON.parse(json);
  } catch {
    // The place is one in JSON that the host wrote. It tells the user nothing.
    throw new Failure(`${what} does not fit: it is no JSON`);
  }
}

/** The same for what people write, whose integers are to keep their digits. */
export function readExactly(what, json) {
  const value = read(what, json);
  if (!/\d{16}/.test(json)) return value;
  const outsideOfTexts = json.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  const integers = outsideOfTexts.match(/(?<![\d.])-?\d{16,}(?![\d.eE])/g) ?? [];
  const lost = integers.find((digits) => BigInt(Number(digits)) !== BigInt(digits));
  if (lost === undefined) return value;
  throw new Failure(`${what} does not fit: the integer ${lost} has more digits than a number of JavaScript keeps; the plugin would have to ask for text`);
}

/** Writes what an author's function returned. Nothing is `null`. */
export function write(value) {
  if (value === undefined) return "null";
  containers = 0;
  const flaw = find(value, []);
  if (flaw) {
    const path = flaw.path.reverse().join("");
    throw new Defect(`what it returned cannot be written as JSON: \`result${path}\` ${flaw.why}`);
  }
  try {
    return toJson(value) ?? "null";
  } catch (error) {
    // A circle or a BigInt beyond what was looked into. What a `toJSON` of the author throws is no failure of JSON.
    if (!(error instanceof TypeError) || containers <= MAX_CONTAINERS) throw error;
    throw new Defect(`what it returned cannot be written as JSON: ${error.message}`);
  }
}

/** Writes what has to be an object. */
export function writeObject(value) {
  const json = write(value);
  if (!json.startsWith("{")) throw new Defect(`what it returned is not a JSON object: it is ${kindOf(value)}; return an object, \`{ name: value }\``);
  return json;
}

/** What a value is called in a sentence. */
export function kindOf(value) {
  if (value === undefined) return "nothing";
  if (value === null) return "`null`";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "text";
  return `a ${typeof value}`;
}

/**
 * Lists and objects of a value that are looked into. What is larger is made by code that makes many alike, and the engine takes longer to look at a
 * value than to write it.
 */
const MAX_CONTAINERS = 1_500;

/** How many were looked into. */
let containers = 0;

/** Lists and objects that stand inside of each other. The host takes fewer. */
const MAX_DEPTH = 1000;

/** What of a value JSON does not have: `{ path, why }` with the innermost part of the path first, or nothing. */
function find(value, above) {
  switch (typeof value) {
    case "string":
    case "boolean":
    // As JSON has it: in a list it is `null`, and a key without a value is one that is not there.
    case "undefined":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : no(`is ${value}, which JSON does not have; write \`null\`, or text`);
    case "bigint":
      return no(`is a BigInt; write \`Number(value)\` for one below 2⁵³, or \`String(value)\``);
    case "function":
      return no("is a function; write what it returns");
    case "symbol":
      return no("is a symbol; write its `description`");
  }
  if (value === null || ++containers > MAX_CONTAINERS) return undefined;
  if (above.includes(value)) return no("stands inside of itself; write a part of it");
  if (above.length >= MAX_DEPTH) return no(`is nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) {
    above.push(value);
    for (let at = 0; at < value.length; at++) {
      const item = value[at];
      const type = typeof item;
      if (type === "string" || item === null || (type === "number" && item - item === 0)) continue;
      const flaw = find(item, above);
      if (flaw) return within(flaw, `[${at}]`);
    }
    above.pop();
    return undefined;
  }
  if (typeof value.toJSON === "function") return findConverted(value, above);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    const instead = insteadOf(value);
    if (instead) return no(instead);
  }
  above.push(value);
  for (const key of Object.keys(value)) {
    const item = value[key];
    const type = typeof item;
    if (type === "string" || item === null || (type === "number" && item - item === 0)) continue;
    const flaw = find(item, above);
    if (flaw) return within(flaw, /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${toJson(key)}]`);
  }
  above.pop();
  return undefined;
}

/** What writes itself, as `Date` and `URL` do, is what it writes. */
function findConverted(value, above) {
  if (value instanceof Date && Number.isNaN(value.getTime())) return no("is a date that is none; write `null`, or look at what it was made of");
  above.push(value);
  const flaw = find(value.toJSON(""), above);
  above.pop();
  return flaw;
}

/** What to write instead of something that would be `{}`, or nearly so. */
function insteadOf(value) {
  if (value instanceof Map) return "is a Map; write `Object.fromEntries(map)`";
  if (value instanceof Set) return "is a Set; write `[...set]`";
  if (value instanceof Promise) return "is a promise; write `await` in front of it";
  if (value instanceof Error) return "is an Error; write its `message`";
  if (value instanceof RegExp) return "is a regular expression; write its `source`";
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) return `is a ${value.constructor.name}, which cannot be looked into`;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return "is bytes; write `Array.from(bytes)`, or for text `new TextDecoder().decode(bytes)`";
  }
  if (typeof value[Symbol.iterator] === "function" && !(value instanceof String)) return "is an iterable; write `[...it]`";
  return undefined;
}

const no = (why) => ({ path: [], why });

function within(flaw, part) {
  flaw.path.push(part);
  return flaw;
}
