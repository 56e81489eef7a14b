//! The reference plugin of the conformance suite, with the Rust SDK. The same plugin is written in every other language.

/// The plugin.
#[plugin_sdk::plugin(files("/conformance"), environment("CONFORMANCE"))]
pub mod conformance {
    use plugin_sdk::prelude::*;
    use plugin_sdk::serde_json::{Map, json};

    #[derive(Deserialize, JsonSchema)]
    struct Echo {
        value: Value,
    }

    /// Returns the value that it is given.
    #[task]
    fn echo(config: Echo) -> TaskResult {
        TaskResult::success("echoed").with("value", config.value)
    }

    #[derive(Deserialize, JsonSchema)]
    struct Greet {
        name: String,
        #[serde(default = "once")]
        #[schemars(range(min = 0))]
        times: u32,
    }

    fn once() -> u32 {
        1
    }

    /// Greets, and says so.
    #[task]
    fn greet(config: Greet) -> String {
        log::info!("greeting {}", config.name);
        vec![format!("Hello {}", config.name); config.times as usize].join(", ")
    }

    #[derive(Deserialize, JsonSchema)]
    struct Message {
        message: String,
    }

    /// Fails with a message.
    #[task(name = "fail")]
    fn failing_task(config: Message) -> Result<()> {
        bail!("{}", config.message)
    }

    /// Fails by a panic.
    #[task]
    fn crash() -> String {
        panic!("crashed on purpose")
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Level {
        Error,
        Warn,
        Info,
        Debug,
    }

    #[derive(Deserialize, JsonSchema)]
    struct Log {
        level: Level,
        message: String,
    }

    /// Logs a message.
    #[task]
    fn log(config: Log) {
        match config.level {
            Level::Error => log::error!("{}", config.message),
            Level::Warn => log::warn!("{}", config.message),
            Level::Info => log::info!("{}", config.message),
            Level::Debug => log::debug!("{}", config.message),
        }
    }

    #[derive(Deserialize, JsonSchema)]
    struct Read {
        path: String,
    }

    /// Reads a file.
    #[task]
    fn read(config: Read) -> Result<TaskResult> {
        let text = fs::read_to_string(&config.path)?;
        Ok(TaskResult::from(()).with("text", text))
    }

    #[derive(Deserialize, JsonSchema)]
    struct Variable {
        name: String,
    }

    /// Reads an environment variable.
    #[task]
    fn variable(config: Variable) -> Result<TaskResult> {
        Ok(TaskResult::from(()).with("value", env::var(&config.name)?))
    }

    /// Facts that are always the same.
    #[facts(name = "static")]
    fn fixed() -> Value {
        json!({"answer": 42, "text": "naïve ☕ 𝄞", "list": [1, 2, 3], "nothing": null})
    }

    #[derive(Deserialize, JsonSchema)]
    struct Given {
        facts: Map<String, Value>,
    }

    /// The facts that it is given.
    #[facts]
    fn from_config(config: Given) -> Map<String, Value> {
        config.facts
    }

    /// Fails with a message.
    #[facts(name = "fail")]
    fn failing_facts(config: Message) -> Result<Map<String, Value>> {
        bail!("{}", config.message)
    }

    /// The code points of a text, from the last to the first.
    #[template_filter]
    fn reverse(value: String) -> String {
        value.chars().rev().collect()
    }

    /// A text several times.
    #[template_filter]
    fn repeat(value: String, #[default(2)] times: usize) -> String {
        value.repeat(times)
    }

    /// Any value, as it is.
    #[template_filter]
    fn identity(value: Value) -> Value {
        value
    }

    /// Fails.
    #[template_filter(name = "fail")]
    fn failing_filter(_value: Value) -> Result<Value> {
        bail!("no filter today")
    }

    /// The sum of two numbers.
    #[template_function]
    fn add(a: i64, b: i64) -> i64 {
        a + b
    }

    /// The texts of a list, with something in between.
    #[template_function]
    fn join(items: Vec<String>, #[default(",")] sep: String) -> String {
        items.join(&sep)
    }

    #[derive(Deserialize, JsonSchema)]
    struct Count {
        to: u64,
    }

    /// The lines from 1 to a number.
    #[log_source]
    fn count(config: Count) -> impl Iterator<Item = String> {
        (1..=config.to).map(|number| format!("line {number}"))
    }

    /// Pairs of a key and a value.
    #[log_parser]
    fn key_value(line: &str) -> Result<Map<String, Value>> {
        let mut entry = Map::new();
        for part in line.split_ascii_whitespace() {
            let Some((key, value)) = part.split_once('=') else { bail!("`{part}` is no key=value") };
            entry.insert(key.to_owned(), value.into());
        }
        Ok(entry)
    }

    #[derive(Deserialize, JsonSchema)]
    struct Has {
        key: String,
    }

    /// Keeps entries that have a key.
    #[log_filter]
    fn has(config: &Has, entry: Map<String, Value>) -> bool {
        entry.contains_key(&config.key)
    }

    /// Puts entries nowhere.
    #[log_output]
    fn discard(_entry: Map<String, Value>) {}

    /// Has no room.
    #[log_output]
    fn full(_entry: Map<String, Value>) -> Result<()> {
        bail!("the disk is full")
    }
}
