// What the types say. Only `tsc` reads this file.

import { Failure, facts, files, http, logFilter, logSource, task, templateFilter, templateFunction, type FromSchema } from "@driftless/plugin-sdk";
import { executeTask, testHost } from "@driftless/plugin-sdk/testing";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>() => undefined as unknown as T;

const config = {
  type: "object",
  properties: {
    name: { type: "string" },
    times: { type: "integer", default: 1 },
    level: { enum: ["low", "high"] },
    tags: { type: "array", items: { type: "string" } },
    port: { type: ["integer", "null"] },
    labels: { type: "object", additionalProperties: { type: "string" } },
  },
  required: ["name"],
} as const;

holds<
  Same<
    FromSchema<typeof config>,
    {
      readonly name: string;
      readonly times: number;
      readonly level?: "low" | "high";
      readonly tags?: string[];
      readonly port?: number | null;
      readonly labels?: { [name: string]: string };
    }
  >
>();

task({
  name: "greet",
  config,
  run({ name, times, level }) {
    holds<Same<typeof level, "low" | "high" | undefined>>();
    // @ts-expect-error there is no such property
    if (name === "") throw new Failure(name.nothing);
    return { message: name.repeat(times), files: files.list("/srv").map((entry) => entry.name) };
  },
});

// The schema can stand where it is used.
task({
  name: "other",
  config: { type: "object", properties: { a: { type: "boolean" } }, required: ["a"] },
  run: ({ a }) => holds<Same<typeof a, boolean>>() && "",
});
task({ name: "nothing", run() {} });
task({ name: "later", run: async () => "done" });
// @ts-expect-error a task returns no number
task({ name: "wrong", run: () => 5 });
// @ts-expect-error facts are an object
facts({ name: "wrong", run: () => "text" });

templateFilter({
  name: "shout",
  value: { type: "string" },
  arguments: [
    { name: "marks", type: "integer", default: 1 },
    { name: "mark", type: "string", optional: true },
  ],
  run(value, marks, mark) {
    holds<Same<[typeof value, typeof marks, typeof mark], [string, number, string | undefined]>>();
    return value + (mark ?? "!").repeat(marks);
  },
});
const add = templateFunction({
  name: "add",
  arguments: [
    { name: "a", type: "number" },
    { name: "b", type: "number" },
  ],
  run: (a, b) => a + b,
});
holds<Same<ReturnType<typeof add>, number>>();
const sum: number = add(1, 2);
templateFunction({
  name: "price",
  arguments: [{ name: "amount", type: "number" }],
  config: { type: "object", properties: { currency: { type: "string" } }, required: ["currency"] },
  run: (amount, { currency }) => `${amount + sum} ${currency}`,
});

logSource({
  name: "lines",
  *run() {
    yield "a line";
    yield { message: "an entry" };
  },
});
// @ts-expect-error whether an entry is kept is a boolean
logFilter({ name: "wrong", run: () => "yes" });

const host = testHost().file("/x", "y").response("GET https://example.com/", 200, "{}");
const status: number = http.get("https://example.com/").ok().status;
export const result: [string, number, string[]] = [executeTask("greet").status, status, host.calls];
