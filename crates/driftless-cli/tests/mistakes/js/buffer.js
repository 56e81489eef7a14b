// exit 1
// says src/buffer.js:7:43: `Buffer` is not there
// says use `Uint8Array` with `TextEncoder`

import { task } from "@driftless/plugin-sdk";

task({ name: "encode", run: ({ text }) => Buffer.from(text).toString("base64") });
