// exit 1
// says src/clock-at-top-level.js:7:15: `new Date()` at the top of a module
// says call it inside of `run`

import { task } from "@driftless/plugin-sdk";

const began = new Date();
const since = Date.now();
task({ name: "uptime", run: () => `${since - began}` });
