// call execute_facts_collector returns-number {}
// exit 1
// says what it returned cannot be written as JSON: `result.ratio` is NaN, which JSON does not have; write `null`, or text
// says in the facts collector `returns-number` at src/returns-number.js:8:1

import { facts } from "@driftless/plugin-sdk";

facts({ name: "returns-number", run: () => ({ ratio: 0 / 0 }) });
