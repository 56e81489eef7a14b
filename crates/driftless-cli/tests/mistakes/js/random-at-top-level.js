// exit 1
// says src/random-at-top-level.js:7:25: `Math.random()` at the top of a module
// says call it inside of `run`

import { task } from "@driftless/plugin-sdk";

const jitter = 1 + Math.random();
task({ name: "wait", run: () => `${jitter}` });
