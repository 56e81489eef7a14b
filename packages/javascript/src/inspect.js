// A value in a message for people: as JSON, and in JavaScript's own words where JSON has none.

import { toJson } from "./text.js";

/** How much of a value is shown. */
const MAX_LENGTH = 10_000;
const MAX_DEPTH = 8;

/** A value in a message: text as it is, anything else as it would be written. */
export function inspect(value) {
  if (typeof value === "string") return value;
  const text = part(value, []);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

/** A value in a sentence about it: text in quotes. */
export function quoted(value) {
  return typeof value === "string" ? toJson(value) : inspect(value);
}

function part(value, above) {
  switch (typeof value) {
    case "string":
      return toJson(value);
    case "bigint":
      return `${value}n`;
    case "function":
      return value.name ? `[function ${value.name}]` : "[function]";
    case "object":
      break;
    default:
      return String(value);
  }
  if (value === null) return "null";
  if (above.includes(value)) return "[circular]";
  if (above.length >= MAX_DEPTH) return "…";
  const inside = [...above, value];
  const list = (items) => Array.from(items, (item) => part(item, inside)).join(",");
  try {
    if (Array.isArray(value)) return `[${list(value)}]`;
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    if (value instanceof Map) return `Map {${Array.from(value, ([key, item]) => `${part(key, inside)}:${part(item, inside)}`).join(",")}}`;
    if (value instanceof Set) return `Set {${list(value)}}`;
    if (value instanceof Promise) return "[promise]";
    if (value instanceof RegExp) return String(value);
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return `${value.constructor.name} [${list(value)}]`;
    if (typeof value.toJSON === "function") return part(value.toJSON(), inside);
    return `{${Object.keys(value).map((key) => `${toJson(key)}:${part(value[key], inside)}`).join(",")}}`;
  } catch {
    // A getter that throws is the author's, and not what the message is about.
    return Object.prototype.toString.call(value);
  }
}
