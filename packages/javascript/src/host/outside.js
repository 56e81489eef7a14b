// The host outside of a component: what a test provides. Nothing of the machine is touched but its clock.

import { needsHost } from "../running.js";

const NO_HOST = {
  answer: () => {
    const message =
      "outside of the sandbox nothing of the machine is touched; in a test, `testHost()` of `@driftless/plugin-sdk/testing` answers for it";
    return [JSON.stringify({ error: { kind: "denied", message } }), new Uint8Array()];
  },
  log: (level, message) => globalThis.process.stderr.write(`[${level}] ${message}\n`),
};

// As they are before `component.js` makes them ask a host.
const { now } = Date;
const getRandomValues = crypto.getRandomValues.bind(crypto);

let current = NO_HOST;

/** Whether this is a component, in which nothing happens but what the host calls. */
export const isComponent = false;

/** Lets this host answer from now on; without one, everything is denied. */
export function install(host) {
  current = host ?? NO_HOST;
}

export function answer(capability, request, body) {
  needsHost();
  return current.answer(capability, request, body);
}

export function log(level, message) {
  current.log(level, message);
}

export function getTimestamp() {
  needsHost();
  return current.timestamp?.() ?? BigInt(Math.floor(now() / 1000));
}

export function getRandom() {
  needsHost();
  return current.random?.() ?? getRandomValues(new BigUint64Array(1))[0];
}
