//! From a call of the protocol to the author's function.

use std::cell::Cell;

use driftless_plugin_api::component::{ComponentKind, Definition};
use driftless_plugin_api::function::Function;
use driftless_plugin_api::result::{Failure, TaskResult};
use serde_json::Value;

use crate::advice::{self, Origin};
use crate::output::write;
use crate::{Error, Result};

/// A plugin, as the host sees it.
#[derive(Debug)]
pub struct Plugin {
    /// Its manifest, as JSON.
    pub manifest: &'static str,
    /// What it brings, in the order in which it is written.
    pub components: &'static [Component],
    /// What it wants to be called for besides.
    pub hooks: &'static [Hook],
}

/// One hook of a plugin, as the macros write it down.
#[derive(Debug)]
pub struct Hook {
    /// The function of the protocol.
    pub function: Function,
    /// Where the author wrote it: a file and a line.
    pub place: &'static str,
    /// Calls the author's function and writes what it returned.
    pub run: fn(&[&str], &mut Vec<u8>) -> Result<()>,
}

/// One component of a plugin, as the macros write it down.
#[derive(Debug)]
pub struct Component {
    /// What kind of component.
    pub kind: ComponentKind,
    /// The name by which it is called.
    pub name: &'static str,
    /// For a task and a template extension, the type that its definition states.
    pub r#type: Option<&'static str>,
    /// Where the author wrote it: a file and a line.
    pub place: &'static str,
    /// What its definition says about it; empty where the author says nothing.
    pub description: &'static str,
    /// Makes the JSON Schema of its configuration.
    pub config_schema: fn() -> Value,
    /// Calls the author's function and writes what it returned.
    pub run: fn(&Call<'_>, &mut Vec<u8>) -> Result<()>,
}

/// The arguments of an `execute_*` function.
#[derive(Debug)]
pub struct Call<'a> {
    /// The component.
    pub name: &'a str,
    /// Its configuration, as JSON.
    pub config: &'a str,
    /// The line, the entry, the value, or the arguments of a template function.
    pub input: &'a str,
    /// The arguments of a template filter.
    pub arguments: &'a str,
}

impl Plugin {
    /// Answers a `get_*` function.
    pub fn describe(&self, function: Function, reply: &mut Vec<u8>) {
        match function {
            Function::GetPluginMetadata => reply.extend_from_slice(self.manifest.as_bytes()),
            // There is no attribute for these yet.
            Function::GetCommands => reply.extend_from_slice(b"[]"),
            Function::GetHooks => {
                // Every plugin is told of its own beginning and end.
                let own = [Function::Initialize, Function::Shutdown];
                let around_tasks = self.hooks.iter().filter(|hook| !own.contains(&hook.function));
                let names: Vec<&str> = around_tasks.map(|hook| hook.function.name()).collect();
                write(&names, reply).expect("names are JSON");
            }
            _ => {
                let announced =
                    self.components.iter().filter(|component| component.kind.definitions() == function);
                let definitions: Vec<Definition> = announced.map(Component::definition).collect();
                write(&definitions, reply).expect("a definition has string keys only");
            }
        }
    }

    /// Answers a hook's function. Returns whether the reply is a failure. A hook that the plugin does not have does nothing.
    pub fn hook(&self, function: Function, arguments: &[&str], reply: &mut Vec<u8>) -> bool {
        let hook = self.hooks.iter().find(|hook| hook.function == function);
        let origin = hook.map(Hook::origin);
        set_running(origin);
        let outcome = match hook {
            Some(hook) => (hook.run)(arguments, reply),
            None => write(&(), reply),
        };
        let Err(error) = outcome else { return false };
        // Half an answer may be there already.
        reply.clear();
        write(&Failure { error: told_to_author(error.to_string(), origin) }, reply)
            .expect("a message is JSON");
        true
    }

    /// Answers an `execute_*` function. Returns whether the reply is a failure.
    ///
    /// A task never answers with a failure: whatever went wrong is a task result with the status `error`.
    pub fn execute(&self, function: Function, call: &Call<'_>, reply: &mut Vec<u8>) -> bool {
        let named = self
            .components
            .iter()
            .find(|component| component.name == call.name && component.kind.execute() == function);
        let origin = named.map(Component::origin);
        set_running(origin);
        let outcome = match named {
            Some(component) => (component.run)(call, reply),
            None => Err(Error::new(format!("Unknown {}: {}", noun(function), call.name))),
        };
        let Err(error) = outcome else { return false };
        // Half an answer may be there already.
        reply.clear();
        let error = told_to_author(error.to_string(), origin);
        let is_task = function == Function::ExecuteTask;
        let written =
            if is_task { write(&TaskResult::error(error), reply) } else { write(&Failure { error }, reply) };
        written.expect("a message is JSON");
        !is_task
    }
}

thread_local! {
    static RUNNING: Cell<Option<Origin>> = const { Cell::new(None) };
}

/// The component or hook that the running call is for.
#[cfg(target_family = "wasm")]
pub(crate) fn running() -> Option<Origin> {
    RUNNING.get()
}

/// Notes what is called, for what is said should it end in the midst of it.
fn set_running(origin: Option<Origin>) {
    if cfg!(target_family = "wasm") {
        RUNNING.set(origin);
    }
}

/// An error, with what it means in the sandbox. As a part of a program, a plugin has all that the program has.
fn told_to_author(error: String, origin: Option<Origin>) -> String {
    if cfg!(target_family = "wasm") { advice::explained(error, origin) } else { error }
}

impl Hook {
    fn origin(&self) -> Origin {
        Origin { name: self.function.name(), place: self.place }
    }
}

impl Component {
    fn origin(&self) -> Origin {
        Origin { name: self.name, place: self.place }
    }

    fn definition(&self) -> Definition {
        Definition {
            name: self.name.to_owned(),
            r#type: self.r#type.map(str::to_owned),
            description: Some(self.description.to_owned()).filter(|text| !text.is_empty()),
            config_schema: Some((self.config_schema)()),
        }
    }
}

fn noun(function: Function) -> String {
    let kind = ComponentKind::ALL.into_iter().find(|kind| kind.execute() == function);
    kind.map_or_else(|| "function".to_owned(), |kind| kind.to_string())
}
