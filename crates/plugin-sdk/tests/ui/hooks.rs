#[plugin_sdk::plugin]
mod mistakes {
    use plugin_sdk::prelude::*;

    #[on_task_failure]
    fn borrows(_task: &TaskContext) {}

    #[before_task]
    fn first(_task: TaskContext) {}

    #[before_task]
    fn second(_task: TaskContext) {}

    #[shutdown]
    fn too_much(_task: TaskContext) {}

    #[after_task(name = "other")]
    async fn waits(_task: TaskContext) {}
}

fn main() {}
