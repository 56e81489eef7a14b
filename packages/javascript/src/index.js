// What a plugin imports.

export { Failure, HostError } from "./failure.js";
export {
  command,
  facts,
  hooks,
  logFilter,
  logOutput,
  logParser,
  logSource,
  task,
  templateFilter,
  templateFunction,
} from "./registry.js";
export { random, timestamp } from "./clock_and_random.js";
export * as environment from "./environment.js";
export * as files from "./files.js";
export * as functions from "./functions.js";
export * as http from "./http.js";
export * as log from "./log.js";
export * as process from "./process.js";
