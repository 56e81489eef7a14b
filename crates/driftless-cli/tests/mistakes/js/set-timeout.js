// call execute_task set-timeout {}
// exit 1
// says a plugin cannot wait, since nothing wakes it between two calls; do it at once
// says src/set-timeout.js:9:28

import { task } from "@driftless/plugin-sdk";

const pause = (milliseconds) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
task({ name: "set-timeout", run: () => pause(100) });
