// exit 3
// says src/schema.js:7:1: the schema of its task `greet` is invalid: /properties/who/type
// says there are: null, boolean, object, array, number, string, integer

import { task } from "@driftless/plugin-sdk";

task({ name: "greet", config: { type: "object", properties: { who: { type: "text" } } }, run: ({ who }) => `Hello ${who}` });
