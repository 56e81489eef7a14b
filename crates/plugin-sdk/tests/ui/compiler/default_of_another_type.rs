#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    #[template_filter]
    fn shout(value: String, #[default("three")] marks: usize) -> String {
        value + &"!".repeat(marks)
    }
}

fn main() {}
