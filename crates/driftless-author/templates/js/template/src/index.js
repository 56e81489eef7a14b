// A filter and a function for templates.

import { Failure, templateFilter, templateFunction } from "@driftless/plugin-sdk";

// {{ text | shout }}, {{ text | shout(3) }}, {{ text | shout(marks=3) }}
templateFilter({
  name: "shout",
  description: "In capital letters, with exclamation marks",
  value: { type: "string" },
  arguments: [{ name: "marks", type: "integer", default: 1, minimum: 0 }],
  run: (value, marks) => value.toUpperCase() + "!".repeat(marks),
});

// {{ greeting("Ada") }}, {{ greeting("Ada", words="Good morning") }}
templateFunction({
  name: "greeting",
  description: "Greets a person",
  arguments: [
    { name: "name", type: "string" },
    { name: "words", type: "string", default: "Hello" },
  ],
  run(name, words) {
    if (name === "") throw new Failure("the name to greet is empty");
    return `${words} ${name}`;
  },
});
