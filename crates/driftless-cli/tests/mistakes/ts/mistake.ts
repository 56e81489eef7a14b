// call execute_task mistake {}
// exit 1
// says TypeError: 
// says src/mistake.ts:14:

import { task } from "@driftless/plugin-sdk";

interface Machine {
  owner?: { name: string };
}

function owner(machine: Machine): string {
  // Another line that is none of the bundle.
  return machine.owner!.name;
}

task({ name: "mistake", run: () => owner({}) });
