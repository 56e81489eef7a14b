// call execute_task never-settles {}
// exit 1
// says the promise that it returned never settles
// says in the task `never-settles` at src/never-settles.js:8:1
// says call its `resolve` before the function ends

import { task } from "@driftless/plugin-sdk";
task({ name: "never-settles", run: () => new Promise(() => {}) });
