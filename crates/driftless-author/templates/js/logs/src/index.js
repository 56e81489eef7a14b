// A parser and a filter for log pipelines.

import { Failure, logFilter, logParser } from "@driftless/plugin-sdk";

logParser({
  name: "key_value",
  description: "Reads lines like `level=info message=started`",
  run(line) {
    const pairs = line.split(/\s+/).filter(Boolean);
    return Object.fromEntries(
      pairs.map((part) => {
        const at = part.indexOf("=");
        if (at < 0) throw new Failure(`\`${part}\` is no key=value`);
        return [part.slice(0, at), part.slice(at + 1)];
      }),
    );
  },
});

logFilter({
  name: "has",
  description: "Keeps entries that have a key",
  config: {
    type: "object",
    properties: { key: { type: "string", description: "The key that an entry has to have." } },
    required: ["key"],
  },
  run: (entry, { key }) => Object.hasOwn(entry, key),
});
