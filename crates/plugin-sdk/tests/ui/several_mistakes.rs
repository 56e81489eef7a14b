#[plugin_sdk::plugin(name = "all wrong")]
mod everything {
    use plugin_sdk::prelude::*;

    #[task(name = "say it", type = "apply")]
    async fn say(_config: Value, _more: Value) {}

    #[facts]
    fn host(_config: Value, #[default(3)] _times: u32) -> Value {
        json!({})
    }

    #[template_filter]
    #[template_function]
    fn shout(value: String) -> String {
        value
    }

    // This one is right, and a test can still refer to what is generated.
    #[template_filter]
    fn whisper(value: &str) -> String {
        value.to_lowercase()
    }
}

fn main() {
    execute_template_filter("whisper", "{}", r#""HEY""#, "[]");
}
