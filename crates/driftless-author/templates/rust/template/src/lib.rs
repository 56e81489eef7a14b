//! A filter and a function for templates.

#[cfg(test)]
mod tests;

/// The plugin.
#[plugin_sdk::plugin]
mod {{module}} {
    use plugin_sdk::prelude::*;

    /// `{{ text | shout }}`, `{{ text | shout(3) }}`, `{{ text | shout(marks=3) }}`
    #[template_filter]
    fn shout(value: String, #[default(1)] marks: usize) -> String {
        value.to_uppercase() + &"!".repeat(marks)
    }

    /// `{{ greeting("Ada") }}`, `{{ greeting("Ada", words="Good morning") }}`
    #[template_function]
    fn greeting(name: String, words: Option<String>) -> Result<String> {
        if name.is_empty() {
            bail!("the name to greet is empty");
        }
        Ok(format!("{} {name}", words.unwrap_or_else(|| "Hello".to_owned())))
    }
}
