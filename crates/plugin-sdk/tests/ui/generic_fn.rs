#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    #[task]
    fn greet<C: Into<String>>(config: C) -> String {
        config.into()
    }

    #[template_filter]
    fn shout(value: impl Into<String>) -> String {
        value.into()
    }

    #[template_function]
    fn zeros<const N: usize>() -> String {
        "0".repeat(N)
    }
}

fn main() {}
