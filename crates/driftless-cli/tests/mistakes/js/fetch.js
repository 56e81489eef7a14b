// exit 1
// says src/fetch.js:9:28: `fetch` is not there
// says `http.get` of `@driftless/plugin-sdk` asks its host

import { task } from "@driftless/plugin-sdk";

task({
  async run() {
    const response = await fetch("https://example.com");
    return response.text();
  },
  name: "get",
});
