// exit 1
// says it fails while it is loaded:
// says src/mistake-at-top-level.js:8:

import { task } from "@driftless/plugin-sdk";

const settings = JSON.parse("{}");
const port = settings.server.port;
task({ name: "port", run: () => `${port}` });
