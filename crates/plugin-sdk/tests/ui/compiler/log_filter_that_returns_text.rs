#[plugin_sdk::plugin]
mod logs {
    use plugin_sdk::prelude::*;

    #[log_filter]
    fn keep(entry: Value) -> String {
        entry.to_string()
    }

    #[log_filter]
    fn forgetful(_entry: Value) {}

    #[log_output]
    fn write(entry: Value) -> Result<bool> {
        Ok(entry.is_null())
    }
}

fn main() {}
