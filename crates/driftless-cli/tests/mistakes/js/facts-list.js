// call execute_facts_collector facts-list {}
// exit 1
// says what it returned is not a JSON object: it is a list; return an object, `{ name: value }`
// says in the facts collector `facts-list` at src/facts-list.js:8:1

import { facts } from "@driftless/plugin-sdk";

facts({ name: "facts-list", run: () => ["sda", "sdb"] });
