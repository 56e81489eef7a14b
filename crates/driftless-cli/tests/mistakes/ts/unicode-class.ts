// exit 1
// says src/unicode-class.ts:8:14: regular expressions know no classes like `\p{…}` here
// says list the characters

import { logFilter } from "@driftless/plugin-sdk";

type Entry = { message?: string };
const WORD = /\p{L}+/u;
logFilter({ name: "words", run: (entry: Entry) => WORD.test(entry.message ?? "") });
