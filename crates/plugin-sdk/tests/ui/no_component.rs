#[plugin_sdk::plugin]
mod empty {
    use plugin_sdk::prelude::*;

    fn greet(name: String) -> String {
        name
    }
}

fn main() {}
