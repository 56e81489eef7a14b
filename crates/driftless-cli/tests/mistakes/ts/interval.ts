// exit 1
// says src/interval.ts:9:5: `setInterval` is not there
// says do it once for each call

import { task } from "@driftless/plugin-sdk";

task({
  run() {
    setInterval(() => console.log("tick"), 1000);
  },
  name: "tick",
});
