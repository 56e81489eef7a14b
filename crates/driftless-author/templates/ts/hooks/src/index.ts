// What is called around tasks. A hook that throws fails, and says why.

import { hooks, log } from "@driftless/plugin-sdk";

hooks({
  beforeTask(task) {
    // Lets nothing be deployed to nowhere.
    if (task.task_name === "deploy" && !task.env_vars?.STAGE) {
      return { verdict: "abort", message: "deploy needs the variable STAGE" };
    }
    log.info(`${task.task_name} begins`);
    return { verdict: "continue" };
  },
  afterTask(task) {
    log.info(`${task.task_name} is done`);
  },
  onTaskFailure(task, error) {
    log.error(`${task.task_name} failed: ${error.message}`);
  },
});
