// exit 1
// says src/configuration-type.ts(10,56): error TS2339: Property 'toUpperCase' does not exist on type 'number'
// says its types do not fit

import { task } from "@driftless/plugin-sdk";

task({
  name: "shout",
  config: { type: "object", properties: { times: { type: "integer" } }, required: ["times"] },
  run: ({ times }) => `${times}`.repeat(times) + times.toUpperCase(),
});
