//! A task that greets.

#[cfg(test)]
mod tests;

/// The plugin.
#[plugin_sdk::plugin]
mod {{module}} {
    use plugin_sdk::prelude::*;

    /// Who is greeted, and how.
    #[derive(Deserialize, JsonSchema)]
    struct Greet {
        /// Who is greeted.
        #[schemars(length(min = 1))]
        who: String,
        /// The words before the name.
        #[serde(default = "hello")]
        greeting: String,
    }

    fn hello() -> String {
        "Hello".to_owned()
    }

    /// Greets a person.
    #[task]
    fn greet(config: Greet) -> Result<String> {
        if config.who.is_empty() {
            bail!("the name to greet is empty");
        }
        log::info!("greeting {}", config.who);
        Ok(format!("{} {}", config.greeting, config.who))
    }
}
