// From a place in the bundle back to the author's source.

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

let map;

/**
 * Where an error was thrown, as `src/index.js:12:5`: the innermost place in the author's own files, or the innermost at all.
 *
 * The build leaves what `compact` made of the source map in `globalThis.__driftless_source_map`, as JSON. It is read when something is thrown
 * for the first time.
 */
export function place(error) {
  if (map === undefined) {
    const json = globalThis.__driftless_source_map;
    map = json ? open(JSON.parse(json)) : null;
  }
  let innermost;
  for (const frame of frames(error.stack ?? "")) {
    const found = map ? original(map, frame) : frame;
    if (!found) continue;
    innermost ??= found;
    if (isOwn(found)) return say(found);
  }
  return innermost && say(innermost);
}

/** The places in a stack trace, innermost first; lines and columns from 1. It reads what SpiderMonkey writes, and V8. */
export function frames(stack) {
  const found = [];
  for (const text of stack.split("\n")) {
    const frame = /^(?:\s*at (?:.*[\s(])?|.*@)?([^\s()@]+):(\d+):(\d+)\)?$/.exec(text);
    // What calls the bundle is no part of it.
    if (!frame || frame[1].endsWith("initializer.js")) continue;
    found.push({ source: frame[1].replace(/^file:\/\//, ""), line: Number(frame[2]), column: Number(frame[3]) });
  }
  return found;
}

/**
 * A source map, of version 3, in which every line can be read without those above it: in a sandbox that counts instructions, reading
 * all of a large one would cost more than most calls may.
 */
export function compact({ sources, mappings }) {
  const before = [0, 0, 0];
  const lines = mappings.split(";").map((text) => {
    // In a line the first numbers are those of the file from here on, and not what they differ by from the line above.
    const within = [0, 0, 0];
    const segments = [];
    for (const segment of text.split(",")) {
      const [generated, ...rest] = decodeNumbers(segment);
      if (rest.length < 3) continue;
      const numbers = rest.slice(0, 3).map((number, at) => (before[at] += number) - within[at]);
      for (const at of [0, 1, 2]) within[at] = before[at];
      segments.push([generated, ...numbers].map(encodeNumber).join(""));
    }
    return segments.join(",");
  });
  return { sources, mappings: lines.join(";") };
}

/** What `compact` made, ready to be asked. */
export function open({ sources, mappings }) {
  return { sources, lines: mappings.split(";") };
}

/** The place in a source that stands at a place in the bundle, or `undefined` where there is none. */
export function original({ sources, lines }, { line, column }) {
  let [generated, best] = [0, undefined];
  const at = [0, 0, 0];
  for (const segment of lines[line - 1]?.split(",") ?? []) {
    const numbers = decodeNumbers(segment);
    generated += numbers[0];
    if (numbers.length < 4 || generated > column - 1) break;
    for (const place of [0, 1, 2]) at[place] += numbers[place + 1];
    best = { source: sources[at[0]], line: at[1] + 1, column: at[2] + 1 };
  }
  return best;
}

function isOwn({ source }) {
  return !/(^|\/)(node_modules|\.driftless|@driftless\/plugin-sdk)\/|^node:/.test(source);
}

function say({ source, line, column }) {
  return `${source}:${line}:${column}`;
}

/** Numbers in base 64 with a variable length, five bits a digit, the least first, the sign in the lowest bit. */
function decodeNumbers(text) {
  const numbers = [];
  let [value, shift] = [0, 0];
  for (const character of text) {
    const digit = DIGITS.indexOf(character);
    value |= (digit & 31) << shift;
    if (digit & 32) {
      shift += 5;
      continue;
    }
    numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}

function encodeNumber(number) {
  let rest = number < 0 ? (-number << 1) | 1 : number << 1;
  let text = "";
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += DIGITS[rest > 0 ? digit | 32 : digit];
  } while (rest > 0);
  return text;
}
