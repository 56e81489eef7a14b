//! A parser and a filter for log pipelines.

#[cfg(test)]
mod tests;

/// The plugin.
#[plugin_sdk::plugin]
mod {{module}} {
    use std::collections::BTreeMap;

    use plugin_sdk::prelude::*;
    use plugin_sdk::serde_json::Map;

    /// Reads lines like `level=info message=started`.
    #[log_parser]
    fn key_value(line: &str) -> Result<BTreeMap<&str, &str>> {
        let mut entry = BTreeMap::new();
        for part in line.split_whitespace() {
            let Some((key, value)) = part.split_once('=') else { bail!("`{part}` is no key=value") };
            entry.insert(key, value);
        }
        Ok(entry)
    }

    /// Which entries are kept.
    #[derive(Deserialize, JsonSchema)]
    struct Has {
        /// The key that an entry has to have.
        key: String,
    }

    /// Keeps entries that have a key. The configuration is taken by reference, so it is read once and not once a line.
    #[log_filter]
    fn has(config: &Has, entry: Map<String, Value>) -> bool {
        entry.contains_key(&config.key)
    }
}
