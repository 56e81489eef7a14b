// Why a component could not do its work, and how that is told.

import { place } from "./source_map.js";
import { toJson, wellFormed } from "./text.js";

/**
 * A failure that the plugin foresaw: only its message is shown to the user. Anything else that is thrown is taken for a mistake of the
 * plugin, and the place in its source is shown as well.
 */
export class Failure extends Error {
  get name() {
    return "Failure";
  }
}

/** Why the host did not do what the plugin asked for. */
export class HostError extends Failure {
  /** @param {string} kind `denied`, `not_found`, `limit`, `invalid` or `failed` */
  constructor(kind, message, options) {
    super(message, options);
    this.kind = kind;
  }

  get name() {
    return "HostError";
  }
}

/** What was thrown, in plain words: its message, those of its causes, and for a mistake the place where it happened. */
export function explain(thrown) {
  return wellFormed(words(thrown));
}

function words(thrown) {
  if (thrown instanceof Failure) return withCauses(thrown.message, thrown);
  if (!(thrown instanceof Error)) return `something was thrown that is no Error: ${show(thrown)}`;
  // `Error` says nothing; `TypeError` does.
  const named = thrown.name && thrown.name !== "Error" ? `${thrown.name}: ${thrown.message}` : thrown.message;
  const text = withCauses(named || "an Error without a message", thrown);
  const where = place(thrown);
  return where ? `${text}, at ${where}` : text;
}

/** A value in a message: text as it is, anything else as JSON. */
export function show(value) {
  if (typeof value === "string") return value;
  if (value instanceof Error) return explain(value);
  try {
    return toJson(value) ?? String(value);
  } catch {
    return String(value);
  }
}

function withCauses(text, error) {
  const seen = new Set();
  for (let cause = error.cause; cause !== undefined && cause !== null && !seen.has(cause); cause = cause.cause) {
    seen.add(cause);
    const message = cause instanceof Error ? cause.message : show(cause);
    // Many errors repeat their cause in their own text.
    if (message && !text.includes(message)) text += `: ${message}`;
  }
  return text;
}
