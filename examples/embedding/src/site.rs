//! A plugin that is part of the program: written as every plugin, called without any sandbox.

pub(crate) use site::linked;

/// The plugin.
#[plugin_sdk::plugin(name = "site")]
mod site {
    use plugin_sdk::prelude::*;

    /// A text as it stands in addresses: `Web Shop` becomes `web-shop`.
    #[template_filter]
    fn slug(value: String) -> String {
        value.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-")
    }
}
