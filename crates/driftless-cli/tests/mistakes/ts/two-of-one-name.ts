// exit 1
// says there are two components of the kind task that are called `greet`
// says src/two-of-one-name.ts:10:3

import { task } from "@driftless/plugin-sdk";

const languages: Record<string, string> = { en: "Hello", de: "Hallo" };

for (const greeting of Object.values(languages)) {
  task({ name: "greet", run: () => greeting });
}
