use plugin_sdk::prelude::*;

/// Greets.
#[task]
fn greet() -> String {
    "hello".into()
}

#[plugin]
mod logs {
    use plugin_sdk::prelude::*;

    #[log_filter]
    fn keep(_entry: Value) -> bool {
        true
    }

    mod inside {
        #[plugin_sdk::log_output(name = "print")]
        pub fn output(_entry: plugin_sdk::serde_json::Value) {}
    }
}

fn main() {
    greet();
}
