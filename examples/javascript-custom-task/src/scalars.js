// Values as YAML on one line, or on several.

import { Failure } from "@driftless/plugin-sdk";

/** Words that a reader of YAML 1.1 or 1.2 takes for something else than text. */
const WORDS = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

/**
 * Text that means itself wherever it stands: it begins with a letter, and what could end it or begin something else is not in it. The letters beyond
 * ASCII are given as ranges: the engine of a plugin has no `\p{L}`.
 */
const PLAIN = /^[A-Za-z_/\u00c0-\u1fff\u3040-\ud7ff](?:[\w./+@%~=\u00c0-\u1fff\u3040-\ud7ff-]|[ :](?=[\w/.+@%~=\u00c0-\u1fff\u3040-\ud7ff]))*$/;

/** What a single quote cannot hold on one line, and a double quote must escape. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;

/** A value that is neither a list nor a mapping. `quote` is what the text in its place had around it. */
export function scalar(value, quote) {
  if (typeof value === "string") return text(value, quote);
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new Failure(`the number ${value} is larger than JavaScript knows exactly; write it as text, or into the file by hand`);
  }
  return JSON.stringify(value);
}

/** Any value on one line, as it may stand between brackets. */
export function inFlow(value) {
  if (Array.isArray(value)) return `[${value.map(inFlow).join(", ")}]`;
  if (!isMapping(value)) return scalar(value);
  return `{${Object.entries(value).map(([key, inner]) => `${text(key)}: ${inFlow(inner)}`).join(", ")}}`;
}

/** A pair as lines, the first of which stands where the key does. */
export function pair(key, value, indent) {
  return hang(`${text(key)}:`, value, indent);
}

/** An entry of a list as lines, the first of which stands where the hyphen does. */
export function entry(value, indent) {
  if (!isFilled(value)) return [`- ${inFlow(value)}`];
  const [first, ...rest] = block(value, indent + 2);
  return [`- ${first.trimStart()}`, ...rest];
}

/** What follows a key, `key:`: on its line, or beneath it with two more blanks. */
export function hang(key, value, indent) {
  return isFilled(value) ? [key, ...block(value, indent + 2)] : [`${key} ${inFlow(value)}`];
}

/** A value with U+FFFD for each half of a surrogate pair in it, which no file can hold. */
export function wellFormed(value) {
  if (typeof value === "string") return value.replace(/[\ud800-\udfff]/gu, "\ufffd");
  if (Array.isArray(value)) return value.map(wellFormed);
  return isMapping(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [wellFormed(key), wellFormed(inner)])) : value;
}

function isMapping(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFilled(value) {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

/** All lines of a list or a mapping, with their indentation. */
function block(value, indent) {
  const parts = Array.isArray(value)
    ? value.map((inner) => entry(inner, indent))
    : Object.entries(value).map(([key, inner]) => pair(key, inner, indent));
  return parts.flatMap(([first, ...rest]) => [" ".repeat(indent) + first, ...rest]);
}

function text(value, quote) {
  if (quote === "'" && !UNPRINTABLE.test(value)) return `'${value.replaceAll("'", "''")}'`;
  if (quote === undefined && PLAIN.test(value) && !WORDS.test(value)) return value;
  // A text of JSON is one of YAML, but for characters that a file should not have.
  const escape = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replace(new RegExp(UNPRINTABLE, "g"), escape);
}
