#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    #[task]
    async fn greet() -> String {
        "hello".into()
    }
}

fn main() {}
