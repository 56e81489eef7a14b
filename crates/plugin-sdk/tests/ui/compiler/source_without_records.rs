#[plugin_sdk::plugin]
mod logs {
    use plugin_sdk::prelude::*;

    #[log_source]
    fn lines() -> u32 {
        3
    }
}

fn main() {}
