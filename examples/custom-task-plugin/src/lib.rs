//! Tasks that compute, and tasks that see to it that a file is as it should be.
//!
//! `my_custom_task` is the task of the plugin guide. `echo`, `assert` and `plan_changes` are what a playbook often needs between two
//! tasks that do something: to look at a value, to stop early, to know what would change. None of these needs a permission.
//!
//! `file` and `line_in_file` write, and only where something changes. The plugin cannot know which folder that will be, so it asks for
//! all of them. Its user grants one: what it may do is what both say.

mod lines;
mod plan;
#[cfg(test)]
mod tests;

/// The plugin.
#[plugin_sdk::plugin(files("/:rw"))]
mod custom_task_plugin {
    use plugin_sdk::prelude::*;
    use plugin_sdk::serde_json::Map;

    use super::lines::{self, Lines};
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
                // A user who expected a boolean has to see what came instead.
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

    /// What a file should be.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct File {
        /// Where it is, from the root.
        #[schemars(length(min = 1))]
        path: String,
        /// All that is to be in it.
        content: String,
        /// Whether a file that cannot be replaced, such as a mount point, is overwritten where it is. Readers may see a half.
        #[serde(default)]
        in_place: bool,
    }

    /// Writes a file, unless it has this content already.
    #[task]
    fn file(config: File) -> Result<TaskResult> {
        let File { path, content, in_place } = config;
        let state = match unless_missing(fs::read(&path))? {
            Some(found) if found == content.as_bytes() => {
                return Ok(unchanged(format!("{path} is as it should be")));
            }
            Some(_) => "changed",
            None => "created",
        };
        write(&path, content, in_place)?;
        Ok(changed(format!("{path} is {state}")))
    }

    /// What a file should have in it, or not.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct LineInFile {
        /// Where the file is, from the root.
        #[schemars(length(min = 1))]
        path: String,
        /// The whole line. Where lines are to go, those that are this, unless `starts_with` says which.
        line: Option<String>,
        /// The beginning of a line: the last such line is replaced, or all of them go.
        #[schemars(length(min = 1))]
        starts_with: Option<String>,
        /// Whether the line is to be there.
        #[serde(default)]
        state: Presence,
        /// Whether a file that is not there is made.
        #[serde(default)]
        create: bool,
        /// Whether a file that cannot be replaced, such as a mount point, is overwritten where it is. Readers may see a half.
        #[serde(default)]
        in_place: bool,
    }

    /// Whether something is to be there.
    #[derive(Clone, Copy, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Presence {
        #[default]
        Present,
        Absent,
    }

    /// Sees to it that a file has a line, or does not have it.
    #[task]
    fn line_in_file(config: LineInFile) -> Result<TaskResult> {
        let path = &config.path;
        let given = [&config.line, &config.starts_with];
        if given.into_iter().flatten().any(|text| text.contains(['\n', '\r'])) {
            bail!("a line has no line break in it");
        }
        if config.starts_with.as_deref() == Some("") {
            bail!("`starts_with` is empty, and every line begins with that");
        }
        let beginning = config.starts_with.as_deref().map(Lines::Beginning);
        let found = unless_missing(fs::read(path))?;
        let is_there = found.is_some();
        let before = found.unwrap_or_default();
        lines::check(&before).map_err(|error| error.context(path))?;
        let (after, done) = match config.state {
            Presence::Present => {
                let Some(line) = &config.line else {
                    bail!("`line` is missing: which line is to be there?");
                };
                if !is_there && !config.create {
                    bail!("{path} is not there; with `create: true` it is made");
                }
                (lines::with(&before, line, beginning.as_ref()), "the line is in".to_owned())
            }
            Presence::Absent => {
                let Some(lines) = beginning.or(config.line.as_deref().map(Lines::Equal)) else {
                    bail!("say which lines are to go: `line`, or `starts_with`");
                };
                let (after, count) = lines::without(&before, &lines);
                let plural = if count == 1 { "line is" } else { "lines are" };
                (after, format!("{count} {plural} gone from"))
            }
        };
        if after == before {
            return Ok(unchanged(format!("{path} is as it should be")));
        }
        write(path, after, config.in_place)?;
        Ok(changed(format!("{done} {path}")))
    }

    fn write(path: &str, contents: impl AsRef<[u8]>, in_place: bool) -> Result<(), HostError> {
        if in_place { fs::write_in_place(path, contents) } else { fs::write(path, contents) }
    }

    /// What was read, or nothing where there is no file.
    fn unless_missing<T>(read: Result<T, HostError>) -> Result<Option<T>> {
        match read {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind() == HostErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn changed(message: String) -> TaskResult {
        TaskResult::success(message).with("changed", true)
    }

    fn unchanged(message: String) -> TaskResult {
        TaskResult::success(message).with("changed", false)
    }
}
