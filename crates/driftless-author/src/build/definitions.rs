//! What components a plugin brings, and whether it could ever work with them.
//!
//! A small core module is asked in the sandbox. Compiling a component of JavaScript or Python takes ten seconds, so their languages answer before there is
//! one: they write what [`Definitions`] reads.

use std::collections::HashSet;
use std::path::Path;

use driftless_plugin_api::component::{ComponentKind, Definition};
use driftless_plugin_api::function::Function;
use driftless_plugin_api::manifest::{ComponentEntry, is_valid_name};
use driftless_plugin_api::text::printable_line;
use driftless_sandbox::{Limits, Sandbox};
use driftless_schema::ConfigSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::error::AuthorError;
use crate::language::Language;
use crate::project::{NAME_RULE, Project};

/// The file in the folder of the build that the script of a language writes.
pub(super) const FILE: &str = "definitions.json";

/// The bytes that it may have: a plugin may announce no more than this in a reply of each kind.
const MAX_BYTES: u64 = 16 << 20;

/// What a plugin brings.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(super) struct Definitions {
    components: Vec<Announced>,
    /// What else there is to call: the names of hooks around tasks, and of commands.
    #[serde(default)]
    others: Vec<String>,
}

/// A component that a plugin brings.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Announced {
    kind: ComponentKind,
    definition: Definition,
    /// Where the author has written it, as `src/index.js:5:1`, in a language that knows.
    #[serde(default)]
    place: Option<String>,
}

impl Definitions {
    /// Reads what the script of a language has written, and refuses a plugin that can never work.
    pub(super) fn check_file(project: &Project, out: &Path) -> Result<(), AuthorError> {
        let file = out.join(FILE);
        let bytes = driftless_files::read_regular(&file, MAX_BYTES)
            .map_err(|error| AuthorError::file(&file, error))?;
        let read: Self = serde_json::from_slice(&bytes).map_err(|error| AuthorError::Code {
            file: project.file(),
            why: format!("what it says about its components: {error}"),
        })?;
        let entry = project.metadata.as_ref().map(|metadata| metadata.entry.as_str());
        read.check(&project.file(), project.language, entry)
    }

    /// Refuses a plugin that can never work. `entry` is where its code begins, in a language in which a project says so.
    pub(super) fn check(
        &self,
        file: &Path,
        language: Language,
        entry: Option<&str>,
    ) -> Result<(), AuthorError> {
        let mut mistakes: Vec<String> = self
            .components
            .iter()
            .flat_map(|component| component.mistakes().map(|why| component.at(&why)))
            .collect();
        let mut known = HashSet::new();
        for component in &self.components {
            let Announced { kind, definition, .. } = component;
            if !known.insert((*kind, definition.name.as_str())) {
                let name = printable_line(&definition.name);
                mistakes.push(
                    component.at(&format!("there are two {kind}s called `{name}`; give one another name")),
                );
            }
        }
        if self.components.is_empty() && self.others.is_empty() {
            mistakes.push(format!(
                "it brings no component, so there is nothing to call; {}",
                advice(language, entry)
            ));
        }
        if mistakes.is_empty() {
            return Ok(());
        }
        Err(AuthorError::NeverWorks { file: file.to_owned(), why: mistakes.join("\n") })
    }

    fn entries(self) -> Vec<ComponentEntry> {
        let entry = |Announced { kind, definition, .. }| ComponentEntry {
            kind,
            name: definition.name,
            description: definition.description.unwrap_or_default(),
        };
        self.components.into_iter().map(entry).collect()
    }
}

impl Announced {
    /// Why it can never be run.
    fn mistakes(&self) -> impl Iterator<Item = String> {
        let Self { kind, definition, .. } = self;
        let name = printable_line(&definition.name);
        let misnamed = (!is_valid_name(&definition.name))
            .then(|| format!("a {kind} cannot be called `{name}`: {NAME_RULE}"));
        let schema = definition.config_schema.as_ref().map(ConfigSchema::admit);
        let schema = match schema {
            Some(Err(refused)) => {
                let hint = definition.config_schema.as_ref().and_then(hint);
                let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
                Some(format!("the schema of its {kind} `{name}` is invalid: {refused}{hint}"))
            }
            _ if !definition.takes_objects() => Some(format!(
                "its {kind} `{name}` can never be configured: a configuration is an object, and its schema lets no object through; give the schema the \
                 type `object`, with the values as `properties`"
            )),
            _ => None,
        };
        misnamed.into_iter().chain(schema)
    }

    fn at(&self, why: &str) -> String {
        match &self.place {
            Some(place) => format!("{}: {why}", printable_line(place)),
            None => why.to_owned(),
        }
    }
}

/// What to write where a schema is the properties of one.
fn hint(schema: &Value) -> Option<String> {
    let schema = schema.as_object()?;
    let is_schema = ["type", "properties", "$ref", "anyOf", "oneOf", "allOf"].iter().any(|keyword| {
        // A property may be called `type`, which is an object then.
        schema.get(*keyword).is_some_and(|value| *keyword == "properties" || value.get("type").is_none())
    });
    let (property, _) = schema.iter().find(|(_, value)| value.get("type").is_some())?;
    let property = printable_line(property);
    (!is_schema).then(|| {
        format!(
            "a configuration is an object, and its values are `properties`: `{{type: \"object\", properties: {{{property}: …}}}}`"
        )
    })
}

/// What the author of a plugin without components could do.
fn advice(language: Language, entry: Option<&str>) -> String {
    let here = |what: &str| {
        entry.map_or_else(String::new, |entry| format!(", in {what}`{entry}` or in a module that it imports"))
    };
    match language {
        Language::Rust => "mark a function with `#[task]`, `#[facts]` or another attribute of `plugin_sdk`, in the module that is marked with `#[plugin]`".to_owned(),
        Language::JavaScript | Language::TypeScript => {
            format!("call `task`, `facts` or another function of `@driftless/plugin-sdk`{}", here(""))
        }
        Language::Python => {
            format!("put `@task`, `@facts` or another decorator of `driftless_plugin` above a function{}", here("the module "))
        }
    }
}

/// Asks a module for its components.
pub(super) fn ask(name: &str, bytes: &[u8]) -> Result<Vec<ComponentEntry>, String> {
    of_module(name, bytes).map(Definitions::entries)
}

/// Asks a module what it brings.
pub(super) fn of_module(name: &str, bytes: &[u8]) -> Result<Definitions, String> {
    // One instance is asked, so there is room for one.
    let limits = Limits { instances: 1, ..Limits::default() };
    let sandbox = Sandbox::new(limits).map_err(|error| error.to_string())?;
    let module = sandbox.validate(bytes).map_err(|error| error.to_string())?;
    let plugin = sandbox.compile(name, &module).map_err(|error| error.to_string())?;
    let mut instance = plugin.instantiate().map_err(|error| error.to_string())?;
    let mut components = Vec::new();
    for kind in ComponentKind::ALL {
        let function = kind.definitions();
        if !module.functions().contains(function) {
            continue;
        }
        let reply = instance.call(function, &[]).map_err(|error| error.to_string())?;
        let definitions: Vec<Definition> = serde_json::from_str(reply.text).map_err(|error| {
            format!("`{function}` returned something that is no list of definitions: {error}")
        })?;
        let of_kind = definitions.into_iter().filter(|definition| kind.announces(definition));
        components.extend(of_kind.map(|definition| Announced { kind, definition, place: None }));
    }
    let others =
        [Function::BeforeTask, Function::AfterTask, Function::OnTaskFailure, Function::ExecuteCommand];
    let others = others.into_iter().filter(|function| module.functions().contains(*function));
    Ok(Definitions { components, others: others.map(|function| function.to_string()).collect() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mistakes(brought: Value) -> String {
        let definitions: Definitions = serde_json::from_value(brought).unwrap();
        let checked =
            definitions.check(Path::new("package.json"), Language::TypeScript, Some("src/index.ts"));
        checked.map_or_else(|error| error.to_string(), |()| String::new())
    }

    fn task(definition: Value) -> Value {
        json!({"components": [{"kind": "task", "definition": definition, "place": "src/index.ts:3:1"}]})
    }

    #[test]
    fn what_can_work_is_let_through() {
        assert_eq!(mistakes(task(json!({"name": "t"}))), "");
        assert_eq!(mistakes(task(json!({"name": "t", "config_schema": {"type": "object"}}))), "");
        assert_eq!(mistakes(json!({"components": [], "others": ["before_task"]})), "");
        // A filter and a function of one name are called differently.
        let both = |kind: &str| json!({"kind": kind, "definition": {"name": "t"}});
        assert_eq!(mistakes(json!({"components": [both("template_filter"), both("template_function")]})), "");
    }

    #[test]
    fn what_can_never_work_is_refused_with_its_place() {
        let said = mistakes(json!({"components": [], "others": []}));
        assert!(said.starts_with("package.json: it can never work:\nit brings no component"), "{said}");
        assert!(said.ends_with("in `src/index.ts` or in a module that it imports"), "{said}");

        let said = mistakes(task(json!({"name": "t", "config_schema": {"type": "string"}})));
        let why = "src/index.ts:3:1: its task `t` can never be configured: a configuration is an object";
        assert!(said.contains(why), "{said}");

        let said = mistakes(task(json!({"name": "a b"})));
        assert!(
            said.contains("src/index.ts:3:1: a task cannot be called `a b`: a name is 1 to 64"),
            "{said}"
        );

        let said = mistakes(task(json!({"name": "t", "config_schema": {"type": "text"}})));
        assert!(
            said.contains("src/index.ts:3:1: the schema of its task `t` is invalid: /type: `text`"),
            "{said}"
        );

        let said = mistakes(task(json!({"name": "t", "config_schema": {"n": {"type": "integer"}}})));
        assert!(
            said.ends_with("its values are `properties`: `{type: \"object\", properties: {n: …}}`"),
            "{said}"
        );
        let said = mistakes(task(json!({
            "name": "t",
            "config_schema": {"type": "object", "n": {"type": "integer"}},
        })));
        assert!(!said.contains("its values are"), "{said}");

        let one = json!({"kind": "log_parser", "definition": {"name": "p"}});
        let said = mistakes(json!({"components": [one, one]}));
        assert!(said.ends_with("there are two log parsers called `p`; give one another name"), "{said}");
    }
}
