// Files and folders of the machine on which the plugin runs. Each function needs the permission `files` in `package.json` for its path, and
// throws a HostError without it. Paths are absolute and have no `..` in them.

import { request } from "#file";

import { exchange, toText } from "./exchange.js";
import { HostError } from "./failure.js";

/** The contents of a file, as a Uint8Array. */
export function read(path) {
  return answerTo({ read: { path } }, "read")[1];
}

/** The contents of a file that is text in UTF-8. */
export function readText(path) {
  return toText(read(path), `${path}: it`);
}

/** Writes a file: what was in it goes, as soon as the new contents are there in full. It takes text, or a Uint8Array. */
export function write(path, contents) {
  put(path, contents, "replace");
}

/** Overwrites a file where it is, for one that cannot be replaced (something is mounted on it, or its owner cannot be kept). Readers may see a half. */
export function writeInPlace(path, contents) {
  put(path, contents, "in_place");
}

/** Writes behind what is in a file. A file that is not there is made. */
export function append(path, contents) {
  put(path, contents, "append");
}

/** Writes a file that must not be there yet. */
export function createNew(path, contents) {
  put(path, contents, "new");
}

/** What is in a folder, by name: `[{ name, kind }]`, where the kind is `file`, `folder`, `link` or `other`. */
export function list(path) {
  return answerTo({ list: { path } }, "entries")[0];
}

/** What stands at a path: `{ kind, size, modified }`, with the bytes of a file, and when it changed in seconds since 1970, or null. */
export function stat(path) {
  return answerTo({ stat: { path } }, "stat")[0];
}

/** Whether there is anything at a path. */
export function exists(path) {
  try {
    stat(path);
    return true;
  } catch (error) {
    if (error instanceof HostError && error.kind === "not_found") return false;
    throw error;
  }
}

function put(path, contents, mode) {
  answerTo({ write: { path, mode } }, "written", contents);
}

/** The answer, if it is of the expected kind: a word by itself, or an object with that key. */
function answerTo(question, expected, contents) {
  const [answer, body] = exchange(request, question, contents);
  if (answer === expected) return [undefined, body];
  if (typeof answer === "object" && answer !== null && expected in answer) return [answer[expected], body];
  throw new HostError("failed", `the host answered something else: ${JSON.stringify(answer)}`);
}
