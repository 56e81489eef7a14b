// call execute_task out-of-memory-later {}
// exit 4
// says needed more than its 64 MiB of memory
// says `security.max_memory` in plugins.toml

import { task } from "@driftless/plugin-sdk";

const read = async () => new Uint8Array(1_000_000_000);
task({ name: "out-of-memory-later", run: async () => `${(await read()).length}` });
