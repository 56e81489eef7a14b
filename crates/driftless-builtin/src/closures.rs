//! A plugin made of closures.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use driftless_plugin_api::component::{ComponentKind, Definition};
use driftless_plugin_api::function::{Function, FunctionSet};
use driftless_plugin_api::linked::{LinkedHost, LinkedPlugin};
use driftless_plugin_api::manifest::ComponentEntry;
use driftless_plugin_api::result::{Failure, TaskResult};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A plugin whose components are closures of the program. What a closure takes is read from JSON, and what it returns is written as such;
/// an error becomes what the plugin says about its failure.
pub struct Closures {
    name: String,
    version: String,
    components: BTreeMap<(usize, String), Component>,
    manifest: String,
}

struct Component {
    kind: ComponentKind,
    definition: Definition,
    run: Run,
}

/// Takes the arguments behind the component's name.
type Run = Box<dyn Fn(&[&str]) -> Result<Value, String> + Send + Sync>;

impl Closures {
    /// A plugin without components yet.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        let (name, version) = (name.into(), version.into());
        let mut plugin = Self { name, version, components: BTreeMap::new(), manifest: String::new() };
        plugin.describe();
        plugin
    }

    /// A task, called with its configuration. What it returns are the keys of its result, or `()`.
    #[must_use]
    pub fn task<C: DeserializeOwned, R: Serialize, E: Display>(
        self,
        name: &str,
        run: impl Fn(C) -> Result<R, E> + Send + Sync + 'static,
    ) -> Self {
        self.with(ComponentKind::Task, name, move |arguments| {
            let returned = run(read("its configuration", arguments[0])?).map_err(|error| error.to_string());
            let result = match returned {
                Ok(returned) => match written(&returned)? {
                    Value::Object(data) => data
                        .into_iter()
                        .fold(TaskResult::from(()), |result, (key, value)| result.with(key, value)),
                    Value::Null => TaskResult::from(()),
                    Value::String(message) => TaskResult::success(message),
                    other => TaskResult::from(()).with("value", other),
                },
                Err(message) => TaskResult::error(message),
            };
            written(&result)
        })
    }

    /// A facts collector, called with its configuration. What it returns is an object.
    #[must_use]
    pub fn facts<C: DeserializeOwned, R: Serialize, E: Display>(
        self,
        name: &str,
        collect: impl Fn(C) -> Result<R, E> + Send + Sync + 'static,
    ) -> Self {
        self.with(ComponentKind::FactsCollector, name, move |arguments| {
            let facts =
                collect(read("its configuration", arguments[0])?).map_err(|error| error.to_string())?;
            written(&facts)
        })
    }

    /// A template filter, called with the value.
    #[must_use]
    pub fn template_filter<V: DeserializeOwned, R: Serialize, E: Display>(
        self,
        name: &str,
        filter: impl Fn(V) -> Result<R, E> + Send + Sync + 'static,
    ) -> Self {
        self.with(ComponentKind::TemplateFilter, name, move |arguments| {
            written(&filter(read("the value", arguments[1])?).map_err(|error| error.to_string())?)
        })
    }

    fn with(
        mut self,
        kind: ComponentKind,
        name: &str,
        run: impl Fn(&[&str]) -> Result<Value, String> + Send + Sync + 'static,
    ) -> Self {
        let r#type = match kind {
            ComponentKind::TemplateFilter => Some("filter".to_owned()),
            ComponentKind::TemplateFunction => Some("function".to_owned()),
            _ => None,
        };
        let definition = Definition { name: name.to_owned(), r#type, description: None, config_schema: None };
        self.components
            .insert((kind as usize, name.to_owned()), Component { kind, definition, run: Box::new(run) });
        self.describe();
        self
    }

    fn describe(&mut self) {
        let components: Vec<ComponentEntry> = self
            .components
            .values()
            .map(|component| ComponentEntry {
                kind: component.kind,
                name: component.definition.name.clone(),
                description: String::new(),
            })
            .collect();
        self.manifest =
            json!({"name": self.name, "version": self.version, "components": components}).to_string();
    }

    fn answer(&self, function: Function, arguments: &[&str]) -> Result<Value, String> {
        if function == Function::GetPluginMetadata {
            return serde_json::from_str(&self.manifest).map_err(|error| error.to_string());
        }
        if arguments.is_empty() {
            let announced =
                self.components.values().filter(|component| component.kind.definitions() == function);
            return written(&announced.map(|component| &component.definition).collect::<Vec<_>>());
        }
        let named = self.components.values().find(|component| {
            component.definition.name == arguments[0] && component.kind.execute() == function
        });
        match named {
            Some(component) => (component.run)(&arguments[1..]),
            None => Err(format!("there is no component `{}`", arguments[0])),
        }
    }
}

impl LinkedPlugin for Closures {
    fn manifest(&self) -> &str {
        &self.manifest
    }

    fn functions(&self) -> FunctionSet {
        let own = self
            .components
            .values()
            .flat_map(|component| [component.kind.definitions(), component.kind.execute()]);
        own.chain([Function::GetPluginMetadata]).collect()
    }

    fn call(
        &self,
        function: Function,
        arguments: &[&str],
        _: Arc<dyn LinkedHost>,
        reply: &mut Vec<u8>,
    ) -> bool {
        let (value, failed) = match self.answer(function, arguments) {
            Ok(value) => (value, false),
            Err(error) => (json!(Failure { error }), true),
        };
        reply.extend_from_slice(value.to_string().as_bytes());
        failed
    }
}

impl std::fmt::Debug for Closures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Closures").field("name", &self.name).finish_non_exhaustive()
    }
}

fn read<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("{what} cannot be read: {error}"))
}

fn written(value: &impl Serialize) -> Result<Value, String> {
    serde_json::to_value(value)
        .map_err(|error| format!("what it returned cannot be written as JSON: {error}"))
}
