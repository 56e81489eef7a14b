// A facts collector that reads the names of hosts. It asks for the file in package.json; its user grants it, or does not.

import { facts, files } from "@driftless/plugin-sdk";

facts({
  name: "hosts",
  description: "The names in /etc/hosts and their addresses",
  config: {
    type: "object",
    properties: {
      skip: { type: "array", items: { type: "string" }, default: [], description: "Names that are left out." },
    },
  },
  run({ skip }) {
    const names: Record<string, string[]> = {};
    for (const line of files.readText("/etc/hosts").split("\n")) {
      const [address, ...found] = (line.split("#")[0] ?? "").split(/\s+/).filter(Boolean);
      if (address === undefined) continue;
      for (const name of found.filter((name) => !skip.includes(name))) (names[name] ??= []).push(address);
    }
    return { names };
  },
});
