// call execute_task made-expression {}
// exit 1
// says SyntaxError: invalid class property name in regular expression, at src/made-expression.js:9:
// says list the characters

import { task } from "@driftless/plugin-sdk";

const letters = ["L", "N"].map((kind) => `\\p{${kind}}`);
const expression = () => new RegExp(`^[${letters.join("")}]+$`, "u");
task({ name: "made-expression", run: () => `${expression().test("x")}` });
