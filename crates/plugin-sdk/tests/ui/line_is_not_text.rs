#[plugin_sdk::plugin]
mod logs {
    use plugin_sdk::prelude::*;

    #[log_parser]
    fn parse(line: String) -> Value {
        json!({"line": line})
    }

    #[log_parser]
    fn parse_bytes(_config: Value, line: &[u8]) -> Value {
        json!({"length": line.len()})
    }
}

fn main() {}
