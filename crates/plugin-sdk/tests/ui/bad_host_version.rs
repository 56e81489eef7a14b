#[plugin_sdk::plugin(driftless = "one")]
mod greetings {
    use plugin_sdk::prelude::*;

    #[task]
    fn greet() -> String {
        "hello".into()
    }
}

fn main() {}
