//! What a plugin can bring: the kinds of component, and the definition that announces one.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::function::Function;

/// A kind of component. Filters and functions of templates are two kinds, though one function of the protocol lists both.
///
/// ```
/// use driftless_plugin_api::component::ComponentKind;
///
/// assert_eq!(serde_json::to_string(&ComponentKind::LogParser)?, r#""log_parser""#);
/// assert_eq!(ComponentKind::LogParser.to_string(), "log parser");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComponentKind {
    /// Does something: `execute_task`.
    Task,
    /// Finds something out: `execute_facts_collector`.
    FactsCollector,
    /// A filter in a template: `execute_template_filter`.
    TemplateFilter,
    /// A function in a template: `execute_template_function`.
    TemplateFunction,
    /// Where log lines come from: `execute_log_source`.
    LogSource,
    /// Makes an entry of a line: `execute_log_parser`.
    LogParser,
    /// Keeps an entry or drops it: `execute_log_filter`.
    LogFilter,
    /// Where entries go: `execute_log_output`.
    LogOutput,
}

impl ComponentKind {
    /// Every kind, in the order of the functions that announce them.
    pub const ALL: [Self; 8] = [
        Self::Task,
        Self::FactsCollector,
        Self::TemplateFilter,
        Self::TemplateFunction,
        Self::LogSource,
        Self::LogParser,
        Self::LogFilter,
        Self::LogOutput,
    ];

    /// The function whose list announces components of this kind.
    pub const fn definitions(self) -> Function {
        match self {
            Self::Task => Function::GetTaskDefinitions,
            Self::FactsCollector => Function::GetFactsCollectors,
            Self::TemplateFilter | Self::TemplateFunction => Function::GetTemplateExtensions,
            Self::LogSource => Function::GetLogSources,
            Self::LogParser => Function::GetLogParsers,
            Self::LogFilter => Function::GetLogFilters,
            Self::LogOutput => Function::GetLogOutputs,
        }
    }

    /// The function that runs a component of this kind.
    pub const fn execute(self) -> Function {
        match self {
            Self::Task => Function::ExecuteTask,
            Self::FactsCollector => Function::ExecuteFactsCollector,
            Self::TemplateFilter => Function::ExecuteTemplateFilter,
            Self::TemplateFunction => Function::ExecuteTemplateFunction,
            Self::LogSource => Function::ExecuteLogSource,
            Self::LogParser => Function::ExecuteLogParser,
            Self::LogFilter => Function::ExecuteLogFilter,
            Self::LogOutput => Function::ExecuteLogOutput,
        }
    }

    /// Whether a definition out of the list of [`definitions`](Self::definitions) is of this kind.
    ///
    /// Only template extensions share a list; one that does not say `"type": "function"` is a filter.
    pub fn announces(self, definition: &Definition) -> bool {
        let is_function = definition.r#type.as_deref() == Some("function");
        match self {
            Self::TemplateFilter => !is_function,
            Self::TemplateFunction => is_function,
            _ => true,
        }
    }
}

impl fmt::Display for ComponentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Task => "task",
            Self::FactsCollector => "facts collector",
            Self::TemplateFilter => "template filter",
            Self::TemplateFunction => "template function",
            Self::LogSource => "log source",
            Self::LogParser => "log parser",
            Self::LogFilter => "log filter",
            Self::LogOutput => "log output",
        })
    }
}

/// How a plugin announces one component, in the list that a `get_*` function returns.
///
/// ```
/// use driftless_plugin_api::component::Definition;
///
/// let text = r#"{
///     "name": "my_custom_task",
///     "type": "apply",
///     "config_schema": {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}
/// }"#;
/// let definition: Definition = serde_json::from_str(text)?;
/// assert_eq!(definition.name, "my_custom_task");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// The component's name, unique among the plugin's components of its kind.
    pub name: String,
    /// For a task where it is used (`apply`, `facts` or `logs`), for a template extension what it is (`filter` or
    /// `function`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    /// One sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON Schema of the configuration. Without one, any configuration will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_schema: Option<Value>,
}

impl Definition {
    /// Whether there can be a configuration that its schema lets through, as far as can be told by looking: a configuration is an object.
    ///
    /// ```
    /// use driftless_plugin_api::component::Definition;
    ///
    /// let of = |schema: &str| -> Definition {
    ///     serde_json::from_str(&format!(r#"{{"name": "t", "config_schema": {schema}}}"#)).unwrap()
    /// };
    /// assert!(of(r#"{"properties": {"message": {"type": "string"}}}"#).takes_objects());
    /// assert!(!of(r#"{"type": "string"}"#).takes_objects());
    /// ```
    #[must_use]
    pub fn takes_objects(&self) -> bool {
        self.config_schema.as_ref().is_none_or(|schema| may_be_object(schema, schema, 0))
    }
}

/// Schemas within each other, references followed, that are looked into. What is deeper is given the benefit of the doubt.
const MAX_DEPTH: usize = 32;

fn may_be_object(schema: &Value, root: &Value, depth: usize) -> bool {
    let Value::Object(keywords) = schema else { return schema.as_bool().unwrap_or(true) };
    if depth > MAX_DEPTH {
        return true;
    }
    let inside = |schema: &Value| may_be_object(schema, root, depth + 1);
    let list = |keyword: &str| keywords.get(keyword).and_then(Value::as_array);
    let fits_type = match keywords.get("type") {
        Some(Value::String(word)) => word == "object",
        Some(Value::Array(words)) => words.iter().any(|word| word == "object"),
        _ => true,
    };
    let referred = || {
        let pointer = keywords.get("$ref").and_then(Value::as_str)?.strip_prefix('#')?;
        root.pointer(pointer)
    };
    fits_type
        && keywords.get("const").is_none_or(Value::is_object)
        && list("enum").is_none_or(|values| values.iter().any(Value::is_object))
        && list("allOf").is_none_or(|all| all.iter().all(inside))
        && ["anyOf", "oneOf"].into_iter().all(|any| list(any).is_none_or(|any| any.iter().any(inside)))
        && referred().is_none_or(inside)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_configuration_is_an_object() {
        let takes = |schema: Value| {
            let definition =
                Definition { name: "t".into(), r#type: None, description: None, config_schema: Some(schema) };
            definition.takes_objects()
        };
        for schema in [
            json!({}),
            json!(true),
            json!({"type": "object"}),
            json!({"type": ["null", "object"]}),
            json!({"required": ["a"]}),
            json!({"anyOf": [{"type": "string"}, {"type": "object"}]}),
            json!({"enum": ["a", {"a": 1}]}),
            json!({"$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}}),
            json!({"$ref": "#"}),
            json!({"$ref": "#/$defs/missing"}),
        ] {
            assert!(takes(schema.clone()), "{schema}");
        }
        for schema in [
            json!(false),
            json!({"type": "string"}),
            json!({"type": ["array", "null"]}),
            json!({"const": 1}),
            json!({"enum": ["a", "b"]}),
            json!({"oneOf": [{"type": "string"}, {"type": "array"}]}),
            json!({"allOf": [{"type": "object"}, {"type": "string"}]}),
            json!({"$ref": "#/$defs/a", "$defs": {"a": {"type": "array"}}}),
        ] {
            assert!(!takes(schema.clone()), "{schema}");
        }
    }
}
