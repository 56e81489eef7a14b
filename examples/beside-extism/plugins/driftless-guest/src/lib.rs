//! The plugin, for Driftless.

/// The plugin.
#[plugin_sdk::plugin(functions("inventory.owner"))]
mod driftless_guest {
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

    // ANCHOR: deploy
    /// Deploys, and says whose machine it was: one host call.
    #[task]
    fn deploy(target: Target) -> Result<TaskResult> {
        let owner: Owner = functions::call("inventory.owner", &OwnerOf { host: &target.host })?;
        Ok(TaskResult::success(format!("deployed to {}", target.host)).with("team", owner.team))
    }
    // ANCHOR_END: deploy

    /// What would be done: no host call.
    #[task]
    fn plan(target: Target) -> TaskResult {
        TaskResult::success(format!("would deploy to {}", target.host)).with("team", "none")
    }

    /// Waits for something that never comes.
    #[task]
    fn wait() {
        loop {
            std::hint::spin_loop();
        }
    }

    /// Takes memory until there is none.
    #[task]
    fn hoard() {
        let mut hoard = Vec::new();
        loop {
            hoard.push(vec![1_u8; 1 << 20]);
            std::hint::black_box(&hoard);
        }
    }

    /// Counts its calls in a static, and fails in the second.
    #[task]
    fn count() -> Result<TaskResult> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static CALLS: AtomicU32 = AtomicU32::new(0);
        let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
        assert!(calls != 2, "the second call fails");
        Ok(TaskResult::success("counted").with("calls", calls))
    }
}
