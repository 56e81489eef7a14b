// exit 1
// says src/identifier-at-top-level.js:9:15: `crypto.randomUUID()` at the top of a module
// says call it inside of `run`

import { task } from "@driftless/plugin-sdk";

let id = "none";
try {
  id = crypto.randomUUID();
} catch {}
task({ name: "identify", run: () => id });
