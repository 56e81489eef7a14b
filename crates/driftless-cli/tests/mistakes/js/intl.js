// exit 1
// says src/intl.js:7:38: `Intl` is not there
// says format the parts yourself

import { task } from "@driftless/plugin-sdk";

task({ name: "today", run: () => new Intl.DateTimeFormat("de").format(0) });
