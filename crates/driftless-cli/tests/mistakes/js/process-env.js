// exit 1
// says src/process-env.js:7:33: `process` is not there
// says `environment.get` of `@driftless/plugin-sdk` reads variables

import { task } from "@driftless/plugin-sdk";

task({ name: "home", run: () => process.env.HOME });
