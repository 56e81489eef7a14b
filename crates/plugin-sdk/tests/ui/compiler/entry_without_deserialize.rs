#[plugin_sdk::plugin]
mod logs {
    use plugin_sdk::prelude::*;

    struct Entry {
        status: u16,
    }

    #[log_filter]
    fn keep(entry: Entry) -> bool {
        entry.status >= 400
    }
}

fn main() {}
