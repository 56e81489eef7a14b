#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    #[task]
    unsafe fn greet() -> String {
        "hello".into()
    }
}

fn main() {}
