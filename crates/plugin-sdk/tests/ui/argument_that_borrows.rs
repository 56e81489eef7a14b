#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    #[template_filter]
    fn greet(value: &str, greetings: Vec<&str>) -> String {
        format!("{} {value}", greetings.join(" "))
    }

    #[template_filter]
    fn leave(value: &str, #[default(None)] greeting: Option<&str>) -> String {
        format!("{} {value}", greeting.unwrap_or("Goodbye"))
    }
}

fn main() {}
