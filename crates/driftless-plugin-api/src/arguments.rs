//! The arguments of template filters and functions: `{{ text | truncate(20, end="…") }}`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `args_json` of `execute_template_filter` and `execute_template_function`.
///
/// Positional arguments alone are a plain array, which is what a plugin without an SDK expects. Only where a template
/// passes keyword arguments as well it is an object of both.
///
/// ```
/// use driftless_plugin_api::arguments::Arguments;
///
/// let plain: Arguments = serde_json::from_str("[20]")?;
/// assert_eq!(plain.positional(), [20]);
///
/// let both: Arguments = serde_json::from_str(r#"{"positional": [20], "keyword": {"end": "…"}}"#)?;
/// assert_eq!(both.keyword("end"), Some(&"…".into()));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arguments {
    /// `[20]`
    Positional(Vec<Value>),
    /// `{"positional": [20], "keyword": {"end": "…"}}`
    Mixed {
        /// In the order in which they were given.
        #[serde(default)]
        positional: Vec<Value>,
        /// By name.
        #[serde(default)]
        keyword: Map<String, Value>,
    },
}

impl Arguments {
    /// The shorter form that holds both.
    pub fn new(positional: Vec<Value>, keyword: Map<String, Value>) -> Self {
        if keyword.is_empty() { Self::Positional(positional) } else { Self::Mixed { positional, keyword } }
    }

    /// The arguments without a name.
    pub fn positional(&self) -> &[Value] {
        match self {
            Self::Positional(positional) | Self::Mixed { positional, .. } => positional,
        }
    }

    /// The argument with this name.
    pub fn keyword(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Positional(_) => None,
            Self::Mixed { keyword, .. } => keyword.get(name),
        }
    }

    /// Splits into the arguments without a name and those with one.
    pub fn into_parts(self) -> (Vec<Value>, Map<String, Value>) {
        match self {
            Self::Positional(positional) => (positional, Map::new()),
            Self::Mixed { positional, keyword } => (positional, keyword),
        }
    }
}
