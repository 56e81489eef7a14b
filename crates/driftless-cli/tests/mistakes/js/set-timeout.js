// exit 1
// says src/set-timeout.js:8:28: `setTimeout` with a delay: a plugin cannot wait
// says do it at once

import { task } from "@driftless/plugin-sdk";

const pause = (milliseconds) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
task({ name: "set-timeout", run: () => pause(100) });
