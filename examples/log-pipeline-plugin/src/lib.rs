//! A pipeline for access logs: a parser, filters, an output, and a source to try them with.
//!
//! Every stage takes its configuration by reference, so it is read once and not once a line. What a filter does not look
//! at, it does not read either: its entry type has only the fields that it needs.

mod combined;
mod generate;
mod line;
#[cfg(test)]
mod tests;

/// The plugin.
#[plugin_sdk::plugin]
mod log_pipeline_plugin {
    use plugin_sdk::prelude::*;
    use plugin_sdk::serde_json::Map;

    use super::combined::{self, Entry};
    use super::generate::Lines;
    use super::line;

    /// How strictly lines are read.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Combined {
        /// Whether more may follow the user agent, such as the forwarded address of nginx's `main` format. It is kept
        /// under `extra`.
        #[serde(default)]
        extra: bool,
    }

    /// Parses a line of an access log in the combined format of Apache and nginx.
    #[log_parser]
    fn combined<'a>(config: &Combined, line: &'a str) -> Result<Entry<'a>, combined::Expected> {
        combined::parse(line, config.extra)
    }

    /// Which entries to keep.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct MinStatus {
        /// The lowest status that is kept.
        status: u16,
    }

    #[derive(Deserialize)]
    struct Status {
        status: Option<u16>,
    }

    /// Keeps entries whose status is at least this. An entry without a status is dropped.
    #[log_filter]
    fn min_status(config: &MinStatus, entry: Status) -> bool {
        entry.status.is_some_and(|status| status >= config.status)
    }

    /// Which entries to drop.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct ExcludePath {
        /// What the dropped paths begin with: `/health` drops `/healthz` as well.
        prefixes: Vec<String>,
    }

    #[derive(Deserialize)]
    struct Path<'a> {
        #[serde(borrow)]
        path: Option<Text<'a>>,
    }

    /// Drops entries whose path begins with one of the prefixes. An entry without a path is kept.
    #[log_filter]
    fn exclude_path(config: &ExcludePath, entry: Path<'_>) -> bool {
        let Some(path) = entry.path else { return true };
        !config.prefixes.iter().any(|prefix| path.starts_with(prefix))
    }

    /// How an entry is written.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct ToLog {
        /// The fields to write, in this order. Without any, all of them, as the entry has them.
        #[serde(default)]
        fields: Vec<String>,
    }

    /// Writes entries to Driftless's own log, at info, as `status=404 path=/missing`.
    #[log_output]
    fn to_log(config: &ToLog, entry: Map<String, Value>) {
        log::info!("{}", line::of(&entry, &config.fields));
    }

    /// What to make up.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Generate {
        /// How many lines.
        count: u64,
        /// The same seed makes the same lines. Without one they differ every time.
        seed: Option<u64>,
        /// The Unix time of the first line. Without it, the current one.
        start: Option<u64>,
    }

    /// Makes up lines of an access log in the combined format, to try a pipeline with.
    #[log_source]
    fn generate(config: Generate) -> impl Iterator<Item = String> {
        let seed = config.seed.unwrap_or_else(plugin_sdk::random);
        let start = config.start.unwrap_or_else(plugin_sdk::timestamp);
        Lines::new(config.count, seed, start)
    }
}
