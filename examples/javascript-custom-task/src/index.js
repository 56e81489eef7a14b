// The plugin: a task for files, and one for text that is there already.

import { Failure, HostError, files, log, task } from "@driftless/plugin-sdk";

import { edit } from "./edit.js";

/** What both tasks take. */
const PROPERTIES = {
  key: {
    description: "Where the value stands: names with dots between them, or a list of names and places",
    anyOf: [{ type: "string" }, { type: "array", items: { type: ["string", "integer"] } }],
  },
  value: { description: "What is to stand there: any value" },
  state: { description: "`absent` takes the key out", enum: ["present", "absent"], default: "present" },
};

task({
  name: "yaml",
  description: "Sees to it that a key in a YAML file has a value, and leaves every other byte as it is",
  config: {
    type: "object",
    properties: {
      path: { description: "An absolute path", type: "string" },
      ...PROPERTIES,
      create: { description: "Whether a file that is not there is made", type: "boolean", default: false },
      in_place: {
        description: "Whether a file that cannot be replaced, such as a mount point, is overwritten where it is. Readers may see a half",
        type: "boolean",
        default: false,
      },
    },
    required: ["path", "key"],
    additionalProperties: false,
  },
  run({ path, create, in_place: inPlace, ...wanted }) {
    const before = readIfThere(path);
    if (before === undefined && !create) throw new Failure(`${path}: there is no such file; \`create: true\` makes one`);
    const { text, changed, previous } = edit(before ?? "", wanted);
    if (changed) {
      (inPlace ? files.writeInPlace : files.write)(path, text);
      log.info(`wrote ${path}`);
    }
    return { message: changed ? `changed ${path}` : `${path} is as it should be`, changed, previous };
  },
});

task({
  name: "yaml_text",
  description: "As `yaml`, for text that is there already: it returns the new text",
  config: {
    type: "object",
    properties: { text: { description: "The text of a YAML document", type: "string" }, ...PROPERTIES },
    required: ["text", "key"],
    additionalProperties: false,
  },
  run({ text, ...wanted }) {
    const { changed, previous, ...result } = edit(text, wanted);
    return { message: changed ? "changed" : "as it should be", changed, previous, text: result.text };
  },
});

function readIfThere(path) {
  try {
    return files.readText(path);
  } catch (error) {
    if (error instanceof HostError && error.kind === "not_found") return undefined;
    throw error;
  }
}
