// The host of a component: its imports.
import * as host from "driftless:plugin/host@1.0.0";

import { isRunning, needsHost } from "../running.js";

export function log(level, message) {
  if (isRunning()) host.log(level, message);
  else console.log(`[${level}] ${message}`);
}

export function getTimestamp() {
  needsHost();
  return host.getTimestamp();
}

export function getRandom() {
  needsHost();
  return host.getRandom();
}
