// Editing the text of a YAML document.

import { Failure } from "@driftless/plugin-sdk";
import { parseDocument } from "yaml";

/**
 * Sees to it that a key has a value, or is not there.
 *
 * @param {string} text
 * @param {{ key: string | (string | number)[], value?: unknown, state: "present" | "absent" }} wanted
 * @returns `text`, whether it is `changed`, and the `previous` value: `null` where there was none
 * @throws {Failure} where the text is no YAML, or the key leads through something that is neither a mapping nor a list
 */
export function edit(text, { key, value, state }) {
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    // The first line says what and where; below it, the library draws an arrow.
    throw new Failure(`this is no YAML: ${document.errors[0].message.split("\n")[0].replace(/:$/, "")}`);
  }
  const path = typeof key === "string" ? key.split(".") : key;
  if (path.length === 0 || path.includes("")) throw new Failure("the key has a name that is empty");
  const node = lookUp(document, path);
  const previous = node ?? null;
  if (state === "absent") {
    if (node === undefined) return { text, changed: false, previous };
    document.deleteIn(path);
  } else {
    if (value === undefined) throw new Failure("the value is missing; `state: absent` takes a key out");
    if (node !== undefined && same(node, value)) return { text, changed: false, previous };
    put(document, path, value);
  }
  // Long lines stay as they are.
  return { text: document.toString({ lineWidth: 0 }), changed: true, previous };
}

/** The value at a path, or `undefined`. */
function lookUp(document, path) {
  for (let length = 0; length < path.length; length++) {
    const above = document.getIn(path.slice(0, length));
    if (above === undefined || above === null) return undefined;
    if (typeof above !== "object") {
      throw new Failure(`\`${path.slice(0, length).join(".")}\` is ${JSON.stringify(above)}, and has no keys`);
    }
  }
  const found = document.getIn(path);
  return found?.toJSON ? found.toJSON() : found;
}

function put(document, path, value) {
  const node = document.getIn(path, true);
  const isPlain = value === null || typeof value !== "object";
  if (isPlain && node && "value" in node) {
    // The node keeps the comment behind it.
    node.value = value;
    return;
  }
  document.setIn(path, document.createNode(value));
}

/** Whether two values are the same in JSON, whatever the order of keys. */
function same(a, b) {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}
