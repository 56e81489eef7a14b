// call execute_template_function returns-map {} []
// exit 1
// says what it returned cannot be written as JSON: `result.sizes` is a Map; write `Object.fromEntries(map)`
// says in the template function `returns-map` at src/returns-map.ts:8:1

import { templateFunction } from "@driftless/plugin-sdk";

templateFunction({ name: "returns-map", run: () => ({ sizes: new Map<string, number>([["a", 1]]) }) });
