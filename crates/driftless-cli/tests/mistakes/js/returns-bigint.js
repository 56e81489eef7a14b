// call execute_template_function returns-bigint {} []
// exit 1
// says `result[0]` is a BigInt; write `Number(value)` for one below 2⁵³, or `String(value)`
// says in the template function `returns-bigint` at src/returns-bigint.js:8:1

import { templateFunction } from "@driftless/plugin-sdk";

templateFunction({ name: "returns-bigint", run: () => [2n ** 64n] });
