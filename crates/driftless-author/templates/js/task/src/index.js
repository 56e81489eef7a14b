// A task that greets.

import { Failure, log, task } from "@driftless/plugin-sdk";

task({
  name: "greet",
  description: "Greets a person",
  config: {
    type: "object",
    properties: {
      who: { type: "string", minLength: 1, description: "Who is greeted." },
      greeting: { type: "string", default: "Hello", description: "The words before the name." },
    },
    required: ["who"],
  },
  run({ who, greeting }) {
    if (who === "") throw new Failure("the name to greet is empty");
    log.info(`greeting ${who}`);
    return `${greeting} ${who}`;
  },
});
