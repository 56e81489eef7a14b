// call execute_task returns-map {}
// exit 1
// says what it returned cannot be written as JSON: `result.users[1].groups` is a Set; write `[...set]`
// says in the task `returns-map` at src/returns-map.js:8:1

import { task } from "@driftless/plugin-sdk";

task({ name: "returns-map", run: () => ({ users: [{ groups: [] }, { groups: new Set(["wheel"]) }] }) });
