// Requests to the host and their answers.

import { HostError } from "./failure.js";
import { toJson } from "./text.js";

const EMPTY = new Uint8Array();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();

/**
 * Sends a request and reads its answer.
 *
 * @returns `[answer, body]`
 * @throws {HostError}
 */
export function exchange(send, request, body = EMPTY) {
  const [head, answered] = send(toJson(request), toBytes(body));
  let outcome;
  try {
    outcome = JSON.parse(head);
  } catch (error) {
    throw new HostError("failed", `the host's answer cannot be read: ${error.message}`);
  }
  if (outcome !== null && typeof outcome === "object") {
    if ("ok" in outcome) return [outcome.ok, answered];
    if (outcome.error) throw new HostError(outcome.error.kind, outcome.error.message);
  }
  throw new HostError("failed", "the host's answer is none");
}

/** Text as UTF-8, and bytes as they are. */
export function toBytes(contents) {
  if (typeof contents === "string") return ENCODER.encode(contents);
  if (contents instanceof Uint8Array) return contents;
  throw new TypeError("expected text or a Uint8Array");
}

/** Bytes as text. */
export function toText(bytes, what) {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw new HostError("failed", `${what} is no text in UTF-8`);
  }
}
