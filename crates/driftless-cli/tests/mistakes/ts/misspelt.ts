// exit 1
// says src/misspelt.ts:5:15
// says Did you mean to import "facts" instead?

import { task, fact } from "@driftless/plugin-sdk";

task({ name: "a", run: () => "a" });
fact({ name: "b", run: () => ({ b: 1 }) });
