#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    #[task(type = "filter")]
    fn greet() -> String {
        "hello".into()
    }
}

fn main() {}
