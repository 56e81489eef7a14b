// exit 1
// says src/delay.ts(7,79): error TS2345: Argument of type '1000' is not assignable to parameter of type '0'
// says its types do not fit

import { task } from "@driftless/plugin-sdk";

task({ name: "later", run: () => new Promise<void>((done) => setTimeout(done, 1000)) });
