// call execute_facts_collector rejects {}
// exit 1
// says something was thrown that is no Error: {"code":7}, in the facts collector `rejects` at src/rejects.js:8:1
// says `throw new Error(…)` keeps the place

import { facts } from "@driftless/plugin-sdk";

facts({ name: "rejects", run: () => Promise.reject({ code: 7 }) });
