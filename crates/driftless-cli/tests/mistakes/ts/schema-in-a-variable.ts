// exit 1
// says src/schema-in-a-variable.ts(8,19): error TS2322
// says a schema that stands in a variable of its own needs `as const` behind it

import { task } from "@driftless/plugin-sdk";

const config = { type: "object", properties: { who: { type: "string" } } };
task({ name: "a", config, run: () => "a" });
