//! `plugins.toml`: what a user says about plugins.

use std::collections::BTreeMap;
use std::time::Duration;

use driftless_sandbox::Limits;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// The contents of `plugins.toml`. Every key may be left out.
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
///
///     [config.template-filter-plugin.slugify]
///     separator = "_"
/// "#)?;
/// assert_eq!(settings, Settings { registries: settings.registries.clone(), config: settings.config.clone(), ..Settings::default() });
/// # Ok::<(), driftless_host::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What every plugin may use.
    pub security: Security,
    /// Where plugins can be installed from.
    pub registries: Vec<Registry>,
    /// The configuration of template filters and functions, which have no other place for it: by plugin, then by
    /// component.
    pub config: BTreeMap<String, BTreeMap<String, Map<String, Value>>>,
}

/// The section `[security]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Security {
    /// Bytes of memory for an instance. Default: 67,108,864.
    pub max_memory: usize,
    /// Units of fuel for a call. Default: 1,000,000,000.
    pub fuel_limit: u64,
    /// Seconds for a call. Default: 30.
    pub execution_timeout_secs: u64,
    /// Whether modules that import WASI are let in. Default: no.
    pub allow_wasi: bool,
    /// Whether traps come with a backtrace, and every call with its fuel on the log. Default: no.
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
}

impl Default for Security {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            max_memory: limits.memory,
            fuel_limit: limits.fuel,
            execution_timeout_secs: limits.time.as_secs(),
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
            time: Duration::from_secs(self.execution_timeout_secs),
            ..Limits::default()
        }
    }
}

impl Settings {
    /// Reads `plugins.toml`.
    ///
    /// # Errors
    ///
    /// When it is no TOML or has a key that nobody knows, with the line.
    pub fn from_toml(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| Error::Configuration {
            what: "plugins.toml".to_owned(),
            violations: vec![error.to_string().trim_end().to_owned()],
        })
    }
}

const fn yes() -> bool {
    true
}
