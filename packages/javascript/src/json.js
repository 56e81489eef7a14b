// JSON in, JSON out, with failures in the words of the protocol.

import { Failure } from "./failure.js";
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

/** Writes what an author's function returned. Nothing is `null`. */
export function write(value) {
  try {
    return toJson(value) ?? "null";
  } catch (error) {
    // What a `toJSON` of the author throws is no failure of JSON.
    if (!(error instanceof TypeError)) throw error;
    throw new Failure(`what it returned cannot be written as JSON: ${error.message}`);
  }
}

/** Writes what has to be an object. */
export function writeObject(value) {
  const json = write(value);
  if (!json.startsWith("{")) throw new Failure("what it returned is not a JSON object");
  return json;
}
