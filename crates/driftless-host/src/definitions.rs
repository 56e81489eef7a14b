//! What a plugin announces: read within bounds, before anything is made of it.
//!
//! A plugin may announce components that are never used, so what is done with each here costs little; a schema is made ready when a configuration is first
//! held against it.

use std::collections::HashSet;
use std::sync::Arc;

use driftless_plugin_api::component::{ComponentKind, Definition};
use driftless_plugin_api::function::Function;
use driftless_plugin_api::json::Bounds;
use driftless_plugin_api::manifest::is_valid_name;
use driftless_plugin_api::text::truncated;
use driftless_schema::ConfigSchema;
use driftless_schema::limits::MAX_DEPTH;

/// The bytes that the reply of a function may have by which a plugin says what it is: those that announce components, `get_plugin_metadata`,
/// `get_commands` and `get_hooks`. Other replies may have more, see [`Security::max_output`](crate::Security::max_output).
pub const MAX_REPLY_BYTES: usize = 1 << 20;

/// The bytes of memory that such a reply may take as values.
pub const MAX_VALUE_BYTES: usize = 32 << 20;

/// The components that one function may announce.
pub const MAX_COMPONENTS: usize = 500;

/// The bytes of the description of a component.
pub const MAX_DESCRIPTION_BYTES: usize = 4 << 10;

/// The bytes of the type of a component.
pub const MAX_TYPE_BYTES: usize = 64;

/// What a reply may be. A schema is two levels below the list.
const BOUNDS: Bounds =
    Bounds { text_bytes: MAX_REPLY_BYTES, depth: MAX_DEPTH + 2, value_bytes: MAX_VALUE_BYTES };

/// The bytes of a plugin's own words in a message.
const MAX_WORD_BYTES: usize = 100;

/// A component's definition, with its schema.
pub(crate) struct Announced {
    pub(crate) name: Arc<str>,
    pub(crate) definition: Definition,
    pub(crate) schema: Option<ConfigSchema>,
}

/// Reads what a plugin announces of a kind. The error says in what way it breaks the protocol.
pub(crate) fn read(kind: ComponentKind, reply: &str) -> Result<Vec<Arc<Announced>>, String> {
    let definitions: Vec<Definition> =
        BOUNDS.read(reply).map_err(|error| format!("its reply is not a list of definitions: {error}"))?;
    if definitions.len() > MAX_COMPONENTS {
        return Err(format!(
            "it announces {} components, and {MAX_COMPONENTS} are the most",
            definitions.len()
        ));
    }
    let mut names = HashSet::new();
    let mut announced = Vec::new();
    for definition in definitions.into_iter().filter(|definition| kind.announces(definition)) {
        let name: Arc<str> = definition.name.as_str().into();
        if !is_valid_name(&name) {
            let name = truncated(&name, MAX_WORD_BYTES);
            return Err(format!("it announces a {kind} called {name:?}, which is no name"));
        }
        if !names.insert(Arc::clone(&name)) {
            return Err(format!("it announces two {kind}s called `{name}`"));
        }
        for (what, text, max) in [
            ("description", &definition.description, MAX_DESCRIPTION_BYTES),
            ("type", &definition.r#type, MAX_TYPE_BYTES),
        ] {
            if text.as_ref().is_some_and(|text| text.len() > max) {
                return Err(format!("the {what} of its {kind} `{name}` has more than {max} bytes"));
            }
        }
        let schema = definition.config_schema.as_ref().map(ConfigSchema::admit).transpose();
        let schema =
            schema.map_err(|refused| format!("the schema of its {kind} `{name}` is invalid: {refused}"))?;
        announced.push(Arc::new(Announced { name, definition, schema }));
    }
    Ok(announced)
}

/// A reply as it is, within the bound of its function. The error says in what way it breaks the protocol.
pub(crate) fn unread(function: Function, reply: &str) -> Result<String, String> {
    // What a plugin is asked about itself begins so, and nothing else does.
    let is_about_itself = function.name().starts_with("get_");
    if is_about_itself && reply.len() > MAX_REPLY_BYTES {
        return Err(format!("its reply has more than {MAX_REPLY_BYTES} bytes"));
    }
    Ok(reply.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn refused(reply: &Value) -> String {
        read(ComponentKind::Task, &reply.to_string()).err().expect("it is refused")
    }

    fn named(number: usize) -> Value {
        json!({"name": format!("t{number}")})
    }

    #[test]
    fn each_bound_is_one() {
        let list = |length: usize| Value::from((0..length).map(named).collect::<Vec<_>>());
        assert_eq!(
            read(ComponentKind::Task, &list(MAX_COMPONENTS).to_string()).unwrap().len(),
            MAX_COMPONENTS
        );
        assert_eq!(refused(&list(MAX_COMPONENTS + 1)), "it announces 501 components, and 500 are the most");

        let described = |bytes: usize| json!([{"name": "t", "description": "d".repeat(bytes)}]);
        assert!(read(ComponentKind::Task, &described(MAX_DESCRIPTION_BYTES).to_string()).is_ok());
        assert_eq!(
            refused(&described(MAX_DESCRIPTION_BYTES + 1)),
            "the description of its task `t` has more than 4096 bytes"
        );
        assert_eq!(
            refused(&json!([{"name": "t", "type": "t".repeat(65)}])),
            "the type of its task `t` has more than 64 bytes"
        );
        assert_eq!(
            refused(&described(MAX_REPLY_BYTES)),
            "its reply is not a list of definitions: it has more than 1048576 bytes"
        );
        assert_eq!(
            refused(&json!([{"name": "t", "config_schema": {"default": vec![json!([0]); 100_000]}}])),
            "its reply is not a list of definitions: its values take more than 33554432 bytes of memory"
        );
        let nested = (0..MAX_DEPTH).fold(json!({}), |inner, _| json!({"not": inner}));
        assert_eq!(
            refused(&json!([{"name": "t", "config_schema": nested}])),
            "its reply is not a list of definitions: its lists and objects are nested deeper than 66 levels"
        );
        let hidden = r#"[{"name": "t", "config_schema": {"$serde_json::private::RawValue": {}}}]"#;
        assert!(read(ComponentKind::Task, hidden).err().unwrap().contains("which no key may"));
    }

    #[test]
    fn what_a_plugin_says_of_itself_is_shorter_than_what_it_does() {
        let (most, longer) = ("a".repeat(MAX_REPLY_BYTES), "a".repeat(MAX_REPLY_BYTES + 1));
        let bounded = |function| unread(function, &most).is_ok() && unread(function, &longer).is_err();
        let bounded: Vec<_> = Function::ALL.iter().copied().filter(|function| bounded(*function)).collect();
        let announcing = ComponentKind::ALL.map(ComponentKind::definitions);
        let others = [Function::GetPluginMetadata, Function::GetCommands, Function::GetHooks];
        assert!(bounded.iter().all(|function| announcing.contains(function) || others.contains(function)));
        assert!(announcing.iter().chain(&others).all(|function| bounded.contains(function)), "{bounded:?}");
        assert_eq!(unread(Function::GetHooks, &longer).unwrap_err(), "its reply has more than 1048576 bytes");
        assert!(unread(Function::ExecuteTask, &longer).is_ok());
    }

    #[test]
    fn names_are_names_and_told_apart() {
        assert_eq!(refused(&json!([named(1), named(1)])), "it announces two tasks called `t1`");
        let error = refused(&json!([{"name": "x".repeat(100_000)}]));
        assert!(error.len() < 200 && error.contains("which is no name"), "{error}");
    }

    #[test]
    fn a_schema_that_is_none_is_told_with_its_place() {
        assert_eq!(
            refused(&json!([{"name": "t", "config_schema": {"properties": {"a": {"type": "nonsense"}}}}])),
            "the schema of its task `t` is invalid: /properties/a/type: `nonsense` is no type; there are: null, boolean, object, array, number, string, integer"
        );
    }
}
