#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    #[derive(Deserialize, JsonSchema)]
    struct Greet<'a> {
        name: &'a str,
    }

    #[task]
    fn greet(config: Greet<'_>) -> String {
        config.name.into()
    }
}

fn main() {}
