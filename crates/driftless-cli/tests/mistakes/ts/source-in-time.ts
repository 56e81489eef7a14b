// call execute_log_source source-in-time {}
// exit 1
// says what it returned is no list of records, and no generator of them: it is asynchronous; write `*run(config) { yield "a line"; }`
// says in the log source `source-in-time` at src/source-in-time.ts:8:1

import { logSource } from "@driftless/plugin-sdk";

logSource({
  name: "source-in-time",
  // @ts-expect-error the types say so
  async *run() {
    yield "a line";
  },
});
