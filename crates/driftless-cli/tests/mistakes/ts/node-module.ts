// exit 1
// says src/node-module.ts:5:25
// says `process.run` of `@driftless/plugin-sdk` runs a program, with the permission `commands`

import { execSync } from "node:child_process";

import { task } from "@driftless/plugin-sdk";

task({ name: "who", run: () => execSync("whoami").toString() });
