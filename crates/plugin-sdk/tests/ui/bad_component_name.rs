#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    #[task(name = "say hello")]
    fn greet() -> String {
        "hello".into()
    }

    #[task]
    fn grüße() -> String {
        "hallo".into()
    }

    #[facts]
    fn _host() -> Value {
        json!({})
    }
}

fn main() {}
