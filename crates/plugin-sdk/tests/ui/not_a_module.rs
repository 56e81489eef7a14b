#[plugin_sdk::plugin]
fn greet() -> String {
    "hello".into()
}

fn main() {
    greet();
}
