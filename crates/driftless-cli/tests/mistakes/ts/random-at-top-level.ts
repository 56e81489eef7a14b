// exit 1
// says src/random-at-top-level.ts:7:34: `Math.random()` at the top of a module
// says call it inside of `run`

import { task } from "@driftless/plugin-sdk";

const dice = 1 + Math.floor(Math.random() * 6);
task({ name: "roll", run: () => `${dice}` });
