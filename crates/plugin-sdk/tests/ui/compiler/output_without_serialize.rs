#[plugin_sdk::plugin]
mod facts {
    use plugin_sdk::prelude::*;

    struct Host {
        name: String,
    }

    #[facts]
    fn host() -> Host {
        Host { name: "a".into() }
    }

    #[template_function]
    fn host_or_not() -> Result<Host> {
        Ok(host())
    }

    #[log_source]
    fn hosts() -> Vec<Host> {
        vec![host()]
    }

    #[log_source]
    fn fallible_hosts() -> impl Iterator<Item = Result<Host>> {
        [Ok(host())].into_iter()
    }
}

fn main() {}
