#[plugin_sdk::plugin]
mod logs {
    use plugin_sdk::prelude::*;

    #[log_filter]
    fn keep(entry: Value, #[config] config: Value) -> bool {
        entry == config
    }

    #[template_filter]
    fn shout(value: String, #[config] _one: Value, #[config] _two: Value) -> String {
        value
    }
}

fn main() {}
