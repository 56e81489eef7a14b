// exit 1
// says src/unicode-class.js:7:44: regular expressions know no classes like `\p{…}` here
// says list the characters

import { task } from "@driftless/plugin-sdk";

task({ name: "shouts", run: ({ text }) => (/^\p{Lu}+$/u.test(text) ? "yes" : "no") });
