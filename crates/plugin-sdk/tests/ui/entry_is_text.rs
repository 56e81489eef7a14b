#[plugin_sdk::plugin]
mod logs {
    use plugin_sdk::prelude::*;

    #[log_filter]
    fn keep(entry: &str) -> bool {
        entry.contains("error")
    }
}

fn main() {}
