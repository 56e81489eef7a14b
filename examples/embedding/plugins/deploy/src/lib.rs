//! A plugin that asks the program that runs it.

/// The plugin.
#[plugin_sdk::plugin(functions("inventory.owner"))]
mod deploy {
    use plugin_sdk::prelude::*;

    /// Where to deploy.
    #[derive(Deserialize, JsonSchema)]
    struct Target {
        /// The name of the machine.
        host: String,
    }

    #[derive(Serialize)]
    struct OwnerOf<'a> {
        host: &'a str,
    }

    #[derive(Deserialize)]
    struct Owner {
        team: String,
    }

    /// Deploys, and says whose machine it was.
    #[task]
    fn deploy(target: Target) -> Result<TaskResult> {
        let owner: Owner = functions::call("inventory.owner", &OwnerOf { host: &target.host })?;
        log::info!("deploying to {}", target.host);
        Ok(TaskResult::success(format!("deployed to {}", target.host)).with("team", owner.team))
    }

    /// The steps of a deployment.
    #[task]
    fn plan() -> TaskResult {
        TaskResult::success("planned").with("steps", vec!["stop", "start"])
    }

    /// Waits for something that never comes.
    #[task]
    fn wait() {
        loop {
            std::hint::spin_loop();
        }
    }
}
