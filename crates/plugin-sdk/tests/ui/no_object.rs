#[plugin_sdk::plugin]
mod objects {
    use plugin_sdk::prelude::*;

    #[facts]
    fn host_name() -> Result<String> {
        Ok("moon".to_owned())
    }

    #[facts]
    fn nothing() {}

    #[log_parser]
    fn words(line: &str) -> Vec<&str> {
        line.split(' ').collect()
    }

    #[task]
    fn greet(config: String) -> String {
        config
    }

    #[log_filter]
    fn keep(config: &[String], entry: Value) -> bool {
        config.iter().any(|key| entry.get(key).is_some())
    }
}

fn main() {}
