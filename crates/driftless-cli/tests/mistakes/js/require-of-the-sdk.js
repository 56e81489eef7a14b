// exit 1
// says src/require-of-the-sdk.js:5:25
// says write `import { task } from "@driftless/plugin-sdk";` at the top of the module

const { task } = require("@driftless/plugin-sdk");

task({ name: "a", run: () => "a" });
