// The plugin. The types of `value`, of the arguments and of what is returned follow from the schemas beside them.

import { templateFilter, templateFunction } from "@driftless/plugin-sdk";

import { columns, type Row } from "./columns.js";
import { formatDuration, parseDuration } from "./duration.js";
import { subnet } from "./subnet.js";

export const duration = templateFilter({
  name: "duration",
  description: "Seconds in words: `93784` becomes `1d 2h 3m 4s`",
  value: { type: "number" },
  arguments: [{ name: "parts", description: "How many units at most, the largest first", type: "integer", default: 4, minimum: 1 }],
  run: (value, parts) => formatDuration(value, parts),
});

export const seconds = templateFilter({
  name: "seconds",
  description: "A duration in seconds: `1h30m`, `2d`, `500ms`",
  value: { type: "string" },
  run: (value) => parseDuration(value),
});

export const sentence = templateFilter({
  name: "sentence",
  description: "A list in words: `a, b and c`",
  value: { type: "array", items: { type: ["string", "number"] } },
  arguments: [{ name: "word", type: "string", default: "and" }],
  run(value, word) {
    const last = value.at(-1);
    if (last === undefined) return "";
    return value.length === 1 ? String(last) : `${value.slice(0, -1).join(", ")} ${word} ${last}`;
  },
});

export const asColumns = templateFilter({
  name: "columns",
  description: "A list of objects as a table of text",
  value: { type: "array", items: { type: "object" } },
  arguments: [
    { name: "keys", description: "Which, in which order; all if it is left out", type: "array", items: { type: "string" }, optional: true },
    { name: "header", description: "Whether the keys stand above", type: "boolean", default: true },
    { name: "gap", description: "How many spaces stand between two columns", type: "integer", default: 2, minimum: 1, maximum: 20 },
  ],
  run: (value, keys, header, gap) => columns(value as Row[], { keys, header, gap }),
});

export const subnetOf = templateFunction({
  name: "subnet",
  description: "What is in an IPv4 network: `subnet(\"10.0.0.0/24\").first`",
  arguments: [{ name: "cidr", type: "string" }],
  run: (cidr) => subnet(cidr),
});
