#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    #[task(nam = "hello")]
    fn greet() -> String {
        "hello".into()
    }

    #[facts(type = "apply")]
    fn host() -> Value {
        json!({})
    }

    #[log_filter(name)]
    fn keep(_entry: Value) -> bool {
        true
    }

    #[template_function(name = "a", name = "b")]
    fn now() -> u64 {
        0
    }
}

fn main() {}
