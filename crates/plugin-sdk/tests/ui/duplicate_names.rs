#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    #[task]
    fn greet() -> String {
        "hello".into()
    }

    #[task(name = "greet")]
    fn greet_again() -> String {
        "hello again".into()
    }

    // Of another kind: that is another component.
    #[facts(name = "greet")]
    fn greetings() -> Value {
        json!({"greetings": 2})
    }
}

fn main() {}
