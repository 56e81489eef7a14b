// exit 3
// says src/properties-alone.js:7:1: the schema of its task `a` is invalid: /n
// says its values are `properties`: `{type: "object", properties: {n: …}}`

import { task } from "@driftless/plugin-sdk";

task({ name: "a", config: { n: { type: "integer" } }, run: ({ n }) => `${n}` });
