// exit 1
// says src/timer-at-top-level.js:7:1: `setInterval` is not there
// says do it once for each call

import { task } from "@driftless/plugin-sdk";

setInterval(() => {}, 1000);
task({ name: "tick", run: () => "tick" });
