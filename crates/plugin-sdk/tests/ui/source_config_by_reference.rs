#[plugin_sdk::plugin]
mod logs {
    use plugin_sdk::prelude::*;

    #[derive(Deserialize, JsonSchema)]
    struct Config {
        lines: Vec<String>,
    }

    #[log_source]
    fn lines(config: &Config) -> Vec<String> {
        config.lines.clone()
    }

    #[task]
    fn sort(config: &mut Config) {
        config.lines.sort();
    }
}

fn main() {}
