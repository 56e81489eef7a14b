#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    #[task]
    fn greet(&self) -> String {
        "hello".into()
    }
}

fn main() {}
