//! What is called around tasks.

#[cfg(test)]
mod tests;

/// The plugin.
#[plugin_sdk::plugin]
mod {{module}} {
    use plugin_sdk::prelude::*;

    /// Lets nothing be deployed to nowhere.
    #[before_task]
    fn before(task: TaskContext) -> Verdict {
        if task.task_name == "deploy" && !task.env_vars.contains_key("STAGE") {
            return Verdict::abort("deploy needs the variable STAGE");
        }
        log::info!("{} begins", task.task_name);
        Verdict::Continue
    }

    /// Tells that a task is done.
    #[after_task]
    fn after(task: TaskContext, _outcome: TaskOutcome) {
        log::info!("{} is done", task.task_name);
    }

    /// Tells that a task failed.
    #[on_task_failure]
    fn failed(task: TaskContext, error: TaskError) {
        log::error!("{} failed: {}", task.task_name, error.message);
    }
}
