// Functions that the program offers in which the plugin's host is embedded. Each needs the permission `functions` in `package.json`.
// `driftless` itself has none.

import { request } from "#functions";

import { exchange } from "./exchange.js";

/** Calls a function of the host's program, and returns what it returns. What is not allowed, not there or fails is thrown as a `HostError`. */
export function call(name, args = null) {
  const [answer] = exchange(request, { function: name, arguments: args });
  return answer;
}
