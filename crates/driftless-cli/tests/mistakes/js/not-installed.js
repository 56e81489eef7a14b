// exit 1
// says src/not-installed.js:5:20
// says A package is installed with `npm install left-pad`

import leftPad from "left-pad/index";

import { task } from "@driftless/plugin-sdk";

task({ name: "a", run: () => leftPad("a") });
