//! From a call of the protocol to the author's function.

use driftless_plugin_api::component::{ComponentKind, Definition};
use driftless_plugin_api::function::Function;
use driftless_plugin_api::result::{Failure, TaskResult};
use serde::Serialize;
use serde_json::Value;

use crate::{Error, Result};

/// One component of a plugin, as the macros write it down.
#[derive(Debug)]
pub struct Component {
    pub kind: ComponentKind,
    pub name: &'static str,
    pub r#type: Option<&'static str>,
    pub description: &'static str,
    pub config_schema: fn() -> Value,
    /// Calls the author's function and writes what it returned.
    pub run: fn(&Call<'_>, &mut Vec<u8>) -> Result<()>,
}

/// The arguments of an `execute_*` function.
#[derive(Debug)]
pub struct Call<'a> {
    pub name: &'a str,
    pub config: &'a str,
    /// The line, the entry, the value, or the arguments of a template function.
    pub input: &'a str,
    /// The arguments of a template filter.
    pub arguments: &'a str,
}

/// A plugin, as the host sees it.
#[derive(Debug)]
pub struct Plugin {
    pub manifest: &'static str,
    pub components: &'static [Component],
}

impl Plugin {
    /// Answers a `get_*` function.
    pub fn describe(&self, function: Function, reply: &mut Vec<u8>) {
        match function {
            Function::GetPluginMetadata => reply.extend_from_slice(self.manifest.as_bytes()),
            // There is no attribute for these yet.
            Function::GetCommands | Function::GetHooks => reply.extend_from_slice(b"[]"),
            _ => {
                let announced = self
                    .components
                    .iter()
                    .filter(|component| component.kind.definitions() == function);
                let definitions: Vec<Definition> = announced.map(Component::definition).collect();
                write(&definitions, reply).expect("a definition has string keys only");
            }
        }
    }

    /// Answers an `execute_*` function. Returns whether the reply is a failure.
    pub fn execute(&self, function: Function, call: &Call<'_>, reply: &mut Vec<u8>) -> bool {
        let named = self
            .components
            .iter()
            .find(|c| c.name == call.name && c.kind.execute() == function);
        let outcome = match named {
            Some(component) => (component.run)(call, reply),
            None if function == Function::ExecuteTask => {
                write(&TaskResult::error(format!("Unknown task: {}", call.name)), reply)
            }
            None => Err(Error::new(format!("Unknown {}: {}", noun(function), call.name))),
        };
        let Err(error) = outcome else { return false };
        reply.clear();
        write(
            &Failure {
                error: error.to_string(),
            },
            reply,
        )
        .expect("a string serialises");
        true
    }
}

impl Component {
    fn definition(&self) -> Definition {
        Definition {
            name: self.name.to_owned(),
            r#type: self.r#type.map(str::to_owned),
            description: Some(self.description.to_owned()).filter(|text| !text.is_empty()),
            config_schema: Some((self.config_schema)()),
        }
    }
}

/// Writes a value as JSON.
pub fn write<T: Serialize + ?Sized>(value: &T, reply: &mut Vec<u8>) -> Result<()> {
    serde_json::to_writer(reply, value)
        .map_err(|error| Error::new(format!("what it returned cannot be written as JSON: {error}")))
}

/// Writes a value that has to be a JSON object.
pub fn write_object<T: Serialize + ?Sized>(value: &T, reply: &mut Vec<u8>) -> Result<()> {
    write(value, reply)?;
    if reply.first() == Some(&b'{') {
        return Ok(());
    }
    Err(Error::new("what it returned is not a JSON object"))
}

/// The schema of a configuration type.
pub fn schema_of<C: schemars::JsonSchema>() -> Value {
    schemars::schema_for!(C).into()
}

/// The schema of a component without configuration: any key is one too many.
pub fn schema_of_nothing() -> Value {
    serde_json::json!({"type": "object", "additionalProperties": false})
}

fn noun(function: Function) -> String {
    let kind = ComponentKind::ALL
        .into_iter()
        .find(|kind| kind.execute() == function);
    kind.map_or_else(|| "function".to_owned(), |kind| kind.to_string())
}
