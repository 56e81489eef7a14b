// Why a component could not do its work, and how that is told.

import { inspect, quoted } from "./inspect.js";
import { hint } from "./missing.js";
import { place } from "./source_map.js";
import { wellFormed } from "./text.js";

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

/** A mistake of the plugin that the SDK noticed when the author's function was done. It is told with the place where the component begins. */
export class Defect extends Error {}

/** Whether the engine found no more memory. Mostly it throws this text itself, since it has no memory for an Error. */
export function isOutOfMemory(thrown) {
  return thrown === "out of memory" || (thrown?.name === "InternalError" && thrown.message === "out of memory");
}

/**
 * What was thrown, in plain words: its message, those of its causes, and for a mistake the place where it happened.
 *
 * @param component `{ what, registered }`: what is running, and an Error from where the author has written it
 */
export function explain(thrown, component) {
  return wellFormed(words(thrown, component));
}

function words(thrown, component) {
  if (thrown instanceof Defect) return `${thrown.message}${inside(component)}`;
  if (thrown instanceof Failure) return withCauses(thrown.message, thrown);
  if (!(thrown instanceof Error)) {
    const advice = "`throw new Error(…)` keeps the place";
    return `something was thrown that is no Error: ${quoted(thrown)}${inside(component)}; ${advice}`;
  }
  // `Error` says nothing; `TypeError` does.
  const named = thrown.name && thrown.name !== "Error" ? `${thrown.name}: ${thrown.message}` : thrown.message;
  const text = withCauses(named || "an Error without a message", thrown);
  const where = place(thrown);
  const more = hint(thrown);
  return `${text}${where ? `, at ${where}` : ""}${more ? `; ${more}` : ""}`;
}

/** The component, where no stack says more. */
function inside(component) {
  if (!component) return "";
  const where = place(component.registered);
  return `, in ${component.what}${where ? ` at ${where}` : ""}`;
}

/** A value in a message. */
export function show(value) {
  return value instanceof Error ? explain(value) : inspect(value);
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
