#[plugin_sdk::plugin]
mod tasks {
    use plugin_sdk::prelude::*;

    #[derive(Deserialize)]
    struct Inner {
        name: String,
    }

    #[derive(Deserialize, JsonSchema)]
    struct Config {
        inner: Inner,
    }

    #[task]
    fn run(config: Config) -> String {
        config.inner.name
    }
}

fn main() {}
