// exit 1
// says src/misspelt.ts:5:15
// says @driftless/plugin-sdk has no `fact`; did you mean `facts`?

import { task, fact } from "@driftless/plugin-sdk";

task({ name: "a", run: () => "a" });
fact({ name: "b", run: () => ({ b: 1 }) });
