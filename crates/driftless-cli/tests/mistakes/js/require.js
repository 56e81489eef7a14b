// exit 1
// says src/require.js:7:21
// says `http` of `@driftless/plugin-sdk` sends requests, with the permission `network`

import { task } from "@driftless/plugin-sdk";

const http = require("https");
task({ name: "get", run: () => http.get("https://example.com") });
