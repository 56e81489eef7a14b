#[plugin_sdk::plugin]
mod greetings {
    use plugin_sdk::prelude::*;

    struct Times(usize);

    #[template_filter]
    fn repeat(value: &str, times: Times) -> String {
        value.repeat(times.0)
    }

    #[template_function]
    fn how_often(times: Option<Times>) -> usize {
        times.map_or(1, |times| times.0)
    }
}

fn main() {}
