// call execute_task throws-text {}
// exit 1
// says something was thrown that is no Error: "no disk", in the task `throws-text` at src/throws-text.js:8:1
// says `throw new Error(…)` keeps the place

import { task } from "@driftless/plugin-sdk";

task({
  name: "throws-text",
  run() {
    throw "no disk";
  },
});
