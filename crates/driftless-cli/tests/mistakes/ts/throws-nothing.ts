// call execute_task throws-nothing {}
// exit 1
// says something was thrown that is no Error: undefined, in the task `throws-nothing` at src/throws-nothing.ts:8:1
// says `throw new Error(…)` keeps the place

import { task } from "@driftless/plugin-sdk";

task({ name: "throws-nothing", run: async () => Promise.reject() });
