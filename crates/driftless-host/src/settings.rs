//! Settings: what a user says about plugins.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use driftless_transport::Limits;
use serde::de::{self, Error as _, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::failure_policy::{FailurePolicy, in_a_template};

/// What a user says about plugins, as a file in TOML has it. Every key may be left out.
///
/// ```
/// use driftless_host::Settings;
///
/// let settings = Settings::from_toml(r#"
///     [security]
///     max_memory = 67108864        # 64MB
///     fuel_limit = 1000000000      # 1B instructions
///     execution_timeout_secs = 30  # 30 seconds
///     allow_wasi = false           # No WASI access
///     debug_enabled = false        # No debug features
///
///     [[registries]]
///     name = "my-registry"
///     url = "https://plugins.example.com"
///     enabled = true
///     priority = 10                # where its plugins stand in lists
///     allow_unsigned = false       # plugins without a signature are refused
///     min_age = "24h"              # how old a release has to be
///
///     [failure]
///     policy = "fail"              # or "skip", "retry", "quarantine"; this and more can be said where a plugin is used
///     retries = 3                  # for "retry", the first after
///     pause_ms = 100               # and each further one after twice as long
///     failures = 5                 # so many failures in a row
///     within_secs = 60             # within this time put a plugin aside where it is used
///     pause_secs = 30              # for this long
///
///     [config.template-filter-plugin.slugify]
///     separator = "_"
///     on_failure = "retry"
/// "#)?;
/// assert_eq!(settings.security, Settings::default().security);
/// # Ok::<(), driftless_host::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What every plugin may use.
    pub security: Security,
    /// Where plugins can be installed from.
    pub registries: Vec<Registry>,
    /// What is done when a component fails, where nothing else is said.
    pub failure: FailurePolicy,
    /// What plugins are initialised with, by name: the sections `[plugins.NAME]`.
    pub plugins: BTreeMap<String, Map<String, Value>>,
    /// The configuration of template filters and functions, which have no other place for it: by plugin, then by
    /// component.
    pub config: BTreeMap<String, BTreeMap<String, TemplateExtension>>,
}

/// One section `[config.PLUGIN.COMPONENT]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct TemplateExtension {
    /// What is done when it fails: `fail` or `retry`, since a template has nothing to put in the place of a value.
    #[serde(default, deserialize_with = "failure_in_a_template")]
    pub on_failure: FailurePolicy,
    /// Every other key: its configuration.
    #[serde(flatten)]
    pub config: Map<String, Value>,
}

/// The section `[security]`: one key for each of the sandbox's [`Limits`], where the reasons for the defaults are, and two switches.
///
/// ```
/// use driftless_host::Settings;
/// use std::time::Duration;
///
/// let settings = Settings::from_toml("security.execution_timeout_secs = 0.5")?;
/// assert_eq!(settings.security.limits().time, Duration::from_millis(500));
/// # Ok::<(), driftless_host::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Security {
    /// Bytes of memory for an instance. Default: 67,108,864.
    pub max_memory: usize,
    /// Units of fuel for a call. Default: 1,000,000,000.
    pub fuel_limit: u64,
    /// The key `execution_timeout_secs`: seconds for a call, also fractions of one. Default: 30.
    #[serde(rename = "execution_timeout_secs", deserialize_with = "seconds")]
    pub execution_timeout: Duration,
    /// The key `compile_timeout_secs`: seconds for making machine code of a plugin, also fractions of one. Default: 120.
    #[serde(rename = "compile_timeout_secs", deserialize_with = "seconds")]
    pub compile_timeout: Duration,
    /// Bytes of stack for a call. Default: 524,288.
    pub max_stack: usize,
    /// Bytes in a reply. Default: 16,777,216.
    pub max_output: usize,
    /// Bytes of one log message that are kept. Default: 16,384.
    pub max_log_message: usize,
    /// Bytes of log messages in one call. Default: 1,048,576.
    pub max_log: usize,
    /// Bytes that the host hands back for one request of a plugin. Default: 8,388,608.
    pub max_answer: usize,
    /// Elements in each table of an instance. Default: 100,000.
    pub max_table_elements: usize,
    /// Instances alive at the same time, of all plugins together. Default: 128.
    pub max_instances: u32,
    /// Whether modules that import WASI are let in, with what was granted behind it. Default: no.
    pub allow_wasi: bool,
    /// Whether traps come with a backtrace, and every host call and the fuel of every call go to the log. Default: no.
    pub debug_enabled: bool,
}

/// One entry of `[[registries]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Whether it is asked. Default: yes.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Where its plugins stand in lists: those of a higher number first. Default: 0.
    #[serde(default)]
    pub priority: i32,
    /// Whether plugins without a signature are let in. Default: no.
    #[serde(default)]
    pub allow_unsigned: bool,
    /// How old a release has to be: `24h`, `7d`, `0s`. Default: a day, and nothing for a folder.
    #[serde(default, deserialize_with = "age")]
    pub min_age: Option<Duration>,
    /// A file in PEM with the certificate authorities of its server, instead of those of the machine.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// For a bucket, `s3://…`: the URL of a server that speaks as S3 does. Default: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, or that of AWS.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// For a bucket: its region. Default: `AWS_REGION`.
    #[serde(default)]
    pub region: Option<String>,
    /// The server that gives out tokens for it, where an OCI registry has another one for that: `https://gitlab.example.com`. It is shown the login.
    #[serde(default)]
    pub token_server: Option<String>,
}

impl Default for Security {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            max_memory: limits.memory,
            fuel_limit: limits.fuel,
            execution_timeout: limits.time,
            compile_timeout: limits.compile_time,
            max_stack: limits.stack,
            max_output: limits.output,
            max_log_message: limits.log_message,
            max_log: limits.log,
            max_answer: limits.answer,
            max_table_elements: limits.table_elements,
            max_instances: limits.instances,
            allow_wasi: false,
            debug_enabled: false,
        }
    }
}

impl Security {
    /// As the sandbox takes them.
    pub fn limits(&self) -> Limits {
        Limits {
            memory: self.max_memory,
            fuel: self.fuel_limit,
            time: self.execution_timeout,
            compile_time: self.compile_timeout,
            stack: self.max_stack,
            output: self.max_output,
            log_message: self.max_log_message,
            log: self.max_log,
            answer: self.max_answer,
            table_elements: self.max_table_elements,
            instances: self.max_instances,
        }
    }
}

impl Settings {
    /// Reads settings in TOML.
    ///
    /// # Errors
    ///
    /// When it is no TOML or has an unknown key, with the line.
    pub fn from_toml(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| Error::Configuration {
            what: "the settings".to_owned(),
            violations: vec![error.to_string().trim_end().to_owned()],
        })
    }
}

fn failure_in_a_template<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FailurePolicy, D::Error> {
    let policy = FailurePolicy::deserialize(deserializer)?;
    in_a_template(&policy).map_err(D::Error::custom)?;
    Ok(policy)
}

const fn yes() -> bool {
    true
}

fn age<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong =
        || D::Error::invalid_value(Unexpected::Str(&text), &"an age, such as \"24h\", \"7d\" or \"0s\"");
    humantime::parse_duration(&text).map(Some).map_err(|_| wrong())
}

/// Reads a number of seconds, whole or not.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    struct Seconds;

    impl Visitor<'_> for Seconds {
        type Value = Duration;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number of seconds, such as 30 or 0.5")
        }

        fn visit_i64<E: de::Error>(self, whole: i64) -> Result<Duration, E> {
            let positive = u64::try_from(whole);
            positive.map(Duration::from_secs).map_err(|_| E::invalid_value(Unexpected::Signed(whole), &self))
        }

        fn visit_u64<E: de::Error>(self, whole: u64) -> Result<Duration, E> {
            Ok(Duration::from_secs(whole))
        }

        fn visit_f64<E: de::Error>(self, number: f64) -> Result<Duration, E> {
            // Refuses what is negative, infinite, not a number, or longer than a duration can be.
            Duration::try_from_secs_f64(number)
                .map_err(|_| E::invalid_value(Unexpected::Float(number), &self))
        }
    }

    deserializer.deserialize_any(Seconds)
}
