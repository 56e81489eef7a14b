#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    #[task]
    fn a_task(_config: Value, _more: Value) {}

    #[facts]
    fn a_collector(_config: Value, _more: Value) -> Value {
        json!({})
    }

    #[template_filter]
    fn a_filter() -> String {
        String::new()
    }

    #[log_source]
    fn a_source(_config: Value, _more: Value) -> Vec<String> {
        Vec::new()
    }

    #[log_parser]
    fn a_parser() -> Value {
        json!({})
    }

    #[log_parser]
    fn another_parser(_config: Value, _line: &str, _more: u32) -> Value {
        json!({})
    }

    #[log_filter]
    fn a_log_filter() -> bool {
        true
    }

    #[log_output]
    fn an_output(_config: Value, _entry: Value, _more: Value) {}
}

fn main() {}
