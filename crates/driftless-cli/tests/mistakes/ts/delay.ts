// exit 1
// says src/delay.ts:7:62: `setTimeout` with a delay: a plugin cannot wait
// says do it at once

import { task } from "@driftless/plugin-sdk";

task({ name: "later", run: () => new Promise<void>((done) => setTimeout(done, 1000)) });
