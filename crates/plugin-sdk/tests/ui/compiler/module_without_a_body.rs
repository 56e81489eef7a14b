#[plugin_sdk::plugin]
mod greetings;

fn main() {}
