// A module of its own: a world without this capability has no such import, and a bundle must not name it.
import { request as send } from "driftless:plugin/functions@1.0.0";

import { needsHost } from "../running.js";

export function request(request, body) {
  needsHost();
  return send(request, body);
}
