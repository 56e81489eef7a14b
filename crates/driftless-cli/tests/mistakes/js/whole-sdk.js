// exit 3
// says src/whole-sdk.js:5:1: `sdk` is used as a value
// says write `import { task } from "@driftless/plugin-sdk";`, or `sdk.task` where it is used

import * as sdk from "@driftless/plugin-sdk";

const { task } = sdk;
task({ name: "a", run: () => "a" });
