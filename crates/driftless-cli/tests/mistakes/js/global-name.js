// call execute_task global-name {}
// exit 1
// says ReferenceError: navigator is not defined, at src/global-name.js:8:
// says a plugin runs in no browser

import { task } from "@driftless/plugin-sdk";

task({ name: "global-name", run: () => (0, eval)("navigator").userAgent });
