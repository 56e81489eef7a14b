#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    #[task]
    fn greet(#[default("you")] config: String) -> String {
        config
    }

    #[template_filter]
    fn shout(#[default("hey")] value: String) -> String {
        value
    }
}

fn main() {}
