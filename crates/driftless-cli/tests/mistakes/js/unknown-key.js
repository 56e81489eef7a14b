// exit 1
// says src/unknown-key.js:7:1
// says the task `a` has a key `descripton`, and a task has `name`, `description`, `config`, `run`, `type`; did you mean `description`?

import { task } from "@driftless/plugin-sdk";

task({ name: "a", descripton: "It is ignored elsewhere", run: () => "a" });
