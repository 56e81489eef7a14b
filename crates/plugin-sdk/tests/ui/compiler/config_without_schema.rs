#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    #[derive(Deserialize)]
    struct Greet {
        name: String,
    }

    #[task]
    fn greet(config: Greet) -> String {
        config.name
    }
}

fn main() {}
