#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    #[derive(JsonSchema)]
    struct Greet {
        name: String,
    }

    #[task]
    fn greet(config: Greet) -> String {
        config.name
    }

    #[task]
    fn greet_again(config: &Greet) -> String {
        config.name.clone()
    }
}

fn main() {}
