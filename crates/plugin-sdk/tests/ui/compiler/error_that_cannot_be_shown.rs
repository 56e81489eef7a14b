#[plugin_sdk::plugin]
mod tasks {
    use plugin_sdk::prelude::*;

    struct Secret;

    #[task]
    fn fail() -> Result<(), Secret> {
        Err(Secret)
    }
}

fn main() {}
