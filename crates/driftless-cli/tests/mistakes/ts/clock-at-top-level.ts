// exit 1
// says src/clock-at-top-level.ts:10:31: `new Date()` at the top of a module
// says call it inside of `run`

import { task } from "@driftless/plugin-sdk";

// The types above it are no lines of the bundle.
type Clock = { began: Date };

const clock: Clock = { began: new Date() };
task({ name: "uptime", run: () => `${clock.began}` });
