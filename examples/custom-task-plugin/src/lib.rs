//! Tasks that only compute. Nothing here needs a permission.
//!
//! `my_custom_task` is the task of the plugin guide. The others are what a playbook often needs between two tasks that do
//! something: `echo` to look at a value, `assert` to stop early, `plan_changes` to know what would change.

mod plan;
#[cfg(test)]
mod tests;

/// The plugin.
#[plugin_sdk::plugin]
mod custom_task_plugin {
    use plugin_sdk::prelude::*;
    use plugin_sdk::serde_json::Map;

    use super::plan;

    /// What to say.
    #[derive(Deserialize, JsonSchema)]
    struct Message {
        /// The message.
        message: String,
    }

    /// Logs a message and returns it, as in the plugin guide.
    #[task]
    fn my_custom_task(config: Message) -> String {
        log::info!("Executing custom task with message: {}", config.message);
        format!("Task executed with: {}", config.message)
    }

    /// What to give back.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Echo {
        /// The message of the result.
        message: String,
        /// Anything. Later tasks find it as `{{ registered.data }}`.
        data: Option<Value>,
    }

    /// Returns the message and the data that it was given.
    #[task]
    fn echo(config: Echo) -> TaskResult {
        let result = TaskResult::success(config.message);
        match config.data {
            Some(data) => result.with("data", data),
            None => result,
        }
    }

    /// What has to hold.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Assert {
        /// The conditions. All of them are checked.
        #[schemars(length(min = 1))]
        that: Vec<Condition>,
        /// What to say in front of the conditions that do not hold.
        message: Option<String>,
    }

    /// A condition, with a name to report it by or without.
    #[derive(Deserialize, JsonSchema)]
    #[serde(untagged, deny_unknown_fields)]
    enum Condition {
        Named {
            /// What the condition means, for the report.
            name: String,
            /// The condition.
            check: Verdict,
        },
        Plain(Verdict),
    }

    /// What became of a condition once its template was rendered.
    #[derive(Deserialize, JsonSchema)]
    #[serde(untagged)]
    enum Verdict {
        Boolean(bool),
        /// It holds if this is `true`, in any case.
        Text(String),
    }

    impl Verdict {
        fn holds(&self) -> bool {
            match self {
                Self::Boolean(verdict) => *verdict,
                Self::Text(text) => text.trim().eq_ignore_ascii_case("true"),
            }
        }
    }

    /// Fails if a condition does not hold, and says which.
    #[task]
    fn assert(config: Assert) -> Result<TaskResult> {
        if config.that.is_empty() {
            bail!("there is no condition to check");
        }
        let (mut failed, mut reasons) = (Vec::new(), Vec::new());
        for (place, condition) in config.that.iter().enumerate() {
            let (name, verdict) = match condition {
                Condition::Named { name, check } => (name.clone(), check),
                Condition::Plain(verdict) => (format!("condition {}", place + 1), verdict),
            };
            if verdict.holds() {
                continue;
            }
            reasons.push(match verdict {
                // Whoever expected a boolean wants to see what came instead.
                Verdict::Text(text) if !text.trim().eq_ignore_ascii_case("false") => {
                    format!("{name} (it is {text:?})")
                }
                _ => name.clone(),
            });
            failed.push(name);
        }
        let count = config.that.len();
        if failed.is_empty() {
            return Ok(TaskResult::success("all conditions hold").with("checked", count));
        }
        let lead = config.message.map(|text| text + ": ").unwrap_or_default();
        let message = format!(
            "{lead}conditions that do not hold ({} of {count}): {}",
            failed.len(),
            reasons.join(", ")
        );
        Ok(TaskResult::error(message).with("checked", count).with("failed", failed))
    }

    /// What there is and what there should be.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct PlanChanges {
        /// What there should be.
        desired: Map<String, Value>,
        /// What there is.
        actual: Map<String, Value>,
        /// Whether maps inside the maps are compared key by key. Keys are then written as JSON pointers, `/limits/nofile`.
        #[serde(default)]
        deep: bool,
        /// Keys that do not matter, written as in the result.
        #[serde(default)]
        ignore: Vec<String>,
    }

    /// Compares two maps and returns what is to be added, changed and removed.
    #[task]
    fn plan_changes(config: PlanChanges) -> TaskResult {
        let plan = plan::between(&config.desired, &config.actual, config.deep, &config.ignore);
        TaskResult::success(plan.summary())
            .with("has_changes", !plan.is_empty())
            .with("added", plan.added)
            .with("changed", plan.changed)
            .with("removed", plan.removed)
            .with("unchanged", plan.unchanged)
    }
}
