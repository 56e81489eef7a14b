// exit 1
// says src/node-module.js:5:29
// says `files` of `@driftless/plugin-sdk` reads and writes files, with the permission `files`

import { readFileSync } from "node:fs";

import { task } from "@driftless/plugin-sdk";

task({ name: "hosts", run: () => readFileSync("/etc/hosts", "utf8") });
