#[plugin_sdk::plugin]
mod mistakes {
    use plugin_sdk::prelude::*;

    #[before_task]
    fn check(task: TaskContext) -> bool {
        task.command.is_empty()
    }
}

fn main() {}
