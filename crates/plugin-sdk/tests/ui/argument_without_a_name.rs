#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    #[template_function]
    fn sum((a, b): (u32, u32)) -> u32 {
        a + b
    }
}

fn main() {}
