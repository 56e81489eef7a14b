//! A facts collector that reads the names of hosts.

#[cfg(test)]
mod tests;

/// The plugin. It asks for the file that it reads; its user grants it, or does not.
#[plugin_sdk::plugin(files("/etc/hosts"))]
mod {{module}} {
    use std::collections::BTreeMap;

    use plugin_sdk::prelude::*;

    /// What is left out.
    #[derive(Deserialize, JsonSchema)]
    struct Hosts {
        /// Names that are left out.
        #[serde(default)]
        skip: Vec<String>,
    }

    /// The names of hosts.
    #[derive(Serialize)]
    struct Found {
        /// The addresses of each name.
        names: BTreeMap<String, Vec<String>>,
    }

    /// The names in `/etc/hosts` and their addresses.
    #[facts]
    fn hosts(config: Hosts) -> Result<Found> {
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in fs::read_to_string("/etc/hosts")?.lines() {
            let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
            let Some(address) = words.next() else { continue };
            for name in words.filter(|name| !config.skip.iter().any(|skipped| skipped == name)) {
                names.entry(name.to_owned()).or_default().push(address.to_owned());
            }
        }
        Ok(Found { names })
    }
}
