// exit 1
// says src/default-of-the-sdk.js:5:
// says exports nothing by `default`: write `import { task } from "@driftless/plugin-sdk";`

import sdk from "@driftless/plugin-sdk";

sdk.task({ name: "a", run: () => "a" });
