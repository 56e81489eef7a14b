// Environment variables of the host. Each needs the permission `environment` in `package.json`.

import { request } from "#environment";

import { exchange } from "./exchange.js";

/** The value of an environment variable; `undefined` where it is not set. */
export function get(name) {
  return exchange(request, { name })[0].value ?? undefined;
}
