// call execute_task set-timeout-of-the-global {}
// exit 1
// says a plugin cannot wait, since nothing wakes it between two calls; do it at once
// says src/set-timeout-of-the-global.js:9:39

import { task } from "@driftless/plugin-sdk";

const pause = (milliseconds) =>
  new Promise((resolve) => globalThis.setTimeout(resolve, milliseconds));
task({ name: "in-order", run: () => new Promise((resolve) => setTimeout(() => resolve("in order"), 0)) });
task({ name: "set-timeout-of-the-global", run: () => pause(100) });
