// exit 1
// says a task is called by ASCII letters, digits, `-` and `_`, a letter first, at most 64; not "größe"
// says src/no-name.js:7:1

import { task } from "@driftless/plugin-sdk";

task({ name: "größe", run: () => "" });
