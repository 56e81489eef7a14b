#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    #[template_function]
    fn greet(#[default("you")] #[default("me")] name: String, #[default] times: u32) -> String {
        name.repeat(times as usize)
    }
}

fn main() {}
