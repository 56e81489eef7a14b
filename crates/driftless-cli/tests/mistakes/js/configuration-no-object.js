// exit 3
// says src/configuration-no-object.js:7:1: its task `greet` can never be configured
// says give the schema the type `object`, with the values as `properties`

import { task } from "@driftless/plugin-sdk";

task({ name: "greet", config: { type: "string" }, run: (who) => `Hello ${who}` });
