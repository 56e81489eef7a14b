// call execute_task later {}
// exit 1
// says TypeError: 
// says src/later.js:9:

import { task } from "@driftless/plugin-sdk";

async function owner(machine) {
  return machine.owner.name;
}
task({ name: "later", run: async () => `${await owner({})}` });
