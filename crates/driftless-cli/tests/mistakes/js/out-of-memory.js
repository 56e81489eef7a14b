// call execute_task out-of-memory {}
// exit 4
// says needed more than its 64 MiB of memory
// says `security.max_memory` in plugins.toml

import { task } from "@driftless/plugin-sdk";

task({ name: "out-of-memory", run: () => `${new Uint8Array(1_000_000_000).length}` });
