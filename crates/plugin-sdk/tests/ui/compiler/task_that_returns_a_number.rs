#[plugin_sdk::plugin]
mod tasks {
    use plugin_sdk::prelude::*;

    #[task]
    fn count() -> u32 {
        3
    }
}

fn main() {}
