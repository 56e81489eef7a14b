// exit 1
// says src/configuration-no-object.ts(7,33): error TS2322: Type '"string"' is not assignable to type
// says its types do not fit

import { task } from "@driftless/plugin-sdk";

task({ name: "greet", config: { type: "string" }, run: () => "Hello" });
