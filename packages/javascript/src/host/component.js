// The host of a component: its imports.
import * as host from "driftless:plugin/host@1.0.0";

import { isLoading, needsHost } from "../running.js";

/** Whether this is a component, in which nothing happens but what the host calls. */
export const isComponent = true;

export function log(level, message) {
  // The build has shown what is said while it is loaded.
  if (!isLoading()) host.log(level, message);
}

export function getTimestamp() {
  needsHost();
  return host.getTimestamp();
}

export function getRandom() {
  needsHost();
  return host.getRandom();
}
