// What a component exports: the functions of the protocol. Each returns JSON, or throws an object whose `payload` says why not, which
// becomes the `err` of `result<string, string>`. An Error without one ends the component.

import * as dispatch from "./dispatch.js";
import { explain, isOutOfMemory } from "./failure.js";
import { start } from "./running.js";

export { setManifest } from "./dispatch.js";

/** Why a call failed, in plain words. */
export class Refusal extends Error {
  constructor(thrown, component) {
    const words = explain(thrown, component);
    super(words, { cause: thrown });
    this.payload = words;
  }
}

/** Ends the component, so that the host, which has refused it memory, tells its limit. It is made ahead, while there is memory for it. */
const OUT_OF_MEMORY = new Error("out of memory");

const guard =
  (run) =>
  (...strings) => {
    start();
    return dispatch.attempt(
      () => run(...strings),
      (thrown) => {
        if (isOutOfMemory(thrown)) throw OUT_OF_MEMORY;
        throw new Refusal(thrown, dispatch.runningComponent());
      },
    );
  };

export const getPluginMetadata = guard(dispatch.metadata);
export const getTaskDefinitions = guard(() => dispatch.definitions("task"));
export const getFactsCollectors = guard(() => dispatch.definitions("facts_collector"));
export const getTemplateExtensions = guard(() => dispatch.definitions("template_filter", "template_function"));
export const getLogSources = guard(() => dispatch.definitions("log_source"));
export const getLogParsers = guard(() => dispatch.definitions("log_parser"));
export const getLogFilters = guard(() => dispatch.definitions("log_filter"));
export const getLogOutputs = guard(() => dispatch.definitions("log_output"));
export const getCommands = guard(() => dispatch.definitions("command"));
export const getHooks = guard(dispatch.hookNames);

export const executeTask = guard(dispatch.executeTask);
export const executeFactsCollector = guard(dispatch.executeFacts);
export const executeLogSource = guard(dispatch.executeSource);
export const executeLogParser = guard(dispatch.executeParser);
export const executeLogFilter = guard(dispatch.executeFilter);
export const executeLogOutput = guard(dispatch.executeOutput);
export const executeTemplateFilter = guard(dispatch.executeTemplateFilter);
export const executeTemplateFunction = guard(dispatch.executeTemplateFunction);
export const executeCommand = guard(dispatch.executeCommand);

export const initialize = guard((config) => dispatch.hook("initialize", config));
export const shutdown = guard(() => dispatch.hook("shutdown"));
export const beforeTask = guard((context) => dispatch.hook("before_task", context));
export const afterTask = guard((context, result) => dispatch.hook("after_task", context, result));
export const onTaskFailure = guard((context, error) => dispatch.hook("on_task_failure", context, error));
