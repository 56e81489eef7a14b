//! The next version of `deploy`, which replaces its file while the program runs.

/// The plugin.
#[plugin_sdk::plugin(name = "deploy")]
mod deploy {
    use plugin_sdk::prelude::*;

    /// The steps of a deployment.
    #[task]
    fn plan() -> TaskResult {
        TaskResult::success("planned").with("steps", vec!["drain", "stop", "start"])
    }
}
