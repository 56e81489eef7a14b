#[plugin_sdk::plugin(name = "../greetings")]
mod greetings {
    use plugin_sdk::prelude::*;

    #[task]
    fn greet() -> String {
        "hello".into()
    }
}

fn main() {}
