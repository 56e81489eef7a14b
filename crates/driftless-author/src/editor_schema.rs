//! The JSON Schema by which an editor knows a plugin's configurations in the files that use it.

use driftless_plugin_api::component::{ComponentKind, Definition};
use serde_json::{Map, Value, json};

/// Says that the file is made, so that one that is not is never written over.
const COMMENT: &str = "`driftless plugin dev` writes this file anew; take this line away to keep your own";

/// The schema of files with the components of a plugin: `tasks`, `collectors`, `sources`, `filters` and `outputs`. It demands nothing of components of
/// other plugins.
///
/// ```
/// use driftless_author::{editor_schema, is_editor_schema};
/// use driftless_plugin_api::component::{ComponentKind, Definition};
///
/// let greet: Definition = serde_json::from_str(r#"{"name": "greet", "config_schema": {"type": "object", "required": ["who"]}}"#)?;
/// let schema = editor_schema("hello", &[(ComponentKind::Task, &greet)]);
/// assert_eq!(schema["$defs"]["task greet"]["required"][0], "who");
/// assert!(is_editor_schema(&schema.to_string()));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn editor_schema(plugin: &str, components: &[(ComponentKind, &Definition)]) -> Value {
    let mut defs = Map::new();
    for (kind, definition) in components {
        let key = key(*kind, definition);
        defs.insert(key.clone(), of_component(definition, &reference(&key)));
    }
    let items = |kind| items_of(plugin, kind, components);
    let lists = [
        ("tasks", items(ComponentKind::Task)),
        ("collectors", items(ComponentKind::FactsCollector)),
        ("sources", sources(items(ComponentKind::LogSource), items(ComponentKind::LogParser))),
        ("filters", items(ComponentKind::LogFilter)),
        ("outputs", items(ComponentKind::LogOutput)),
    ];
    let list = |(name, items): (&str, Option<Value>)| {
        Some((name.to_owned(), json!({"type": "array", "items": items?})))
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": COMMENT,
        "title": format!("Files that use the components of {plugin}"),
        "type": "object",
        "properties": lists.into_iter().filter_map(list).collect::<Map<_, _>>(),
        "$defs": defs,
    })
}

/// Whether a text is a schema that was made here.
pub fn is_editor_schema(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|schema| schema["$comment"] == COMMENT)
}

/// What an item of a list may be where it is one of the plugin's components of a kind; `None` where there are none.
fn items_of(plugin: &str, kind: ComponentKind, components: &[(ComponentKind, &Definition)]) -> Option<Value> {
    let of_kind = || components.iter().filter(|(of, _)| *of == kind).map(|(_, definition)| *definition);
    let name = |definition: &Definition| format!("{plugin}.{}", definition.name);
    let choice = |definition: &Definition| {
        json!({
            "if": {"properties": {"type": {"const": name(definition)}}, "required": ["type"]},
            "then": {"$ref": reference(&key(kind, definition))},
        })
    };
    of_kind().next()?;
    Some(json!({
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"type": "string", "examples": of_kind().map(name).collect::<Vec<_>>()}},
        "allOf": of_kind().map(choice).collect::<Vec<_>>(),
    }))
}

/// A source may be one of the plugin's, and so may its parser.
fn sources(source: Option<Value>, parser: Option<Value>) -> Option<Value> {
    let with_parser = parser.map(|parser| json!({"type": "object", "properties": {"parser": parser}}));
    match (source, with_parser) {
        (Some(source), Some(with_parser)) => Some(json!({"allOf": [source, with_parser]})),
        (source, with_parser) => source.or(with_parser),
    }
}

/// A component's own schema, as a part of another one.
fn of_component(definition: &Definition, here: &str) -> Value {
    let mut schema = definition.config_schema.clone().unwrap_or_else(|| json!({}));
    if let Value::Object(members) = &mut schema {
        members.remove("$schema");
        // Beside the configuration stand the keys of the file: `type`, `when`, `register`.
        members.remove("additionalProperties");
        members.remove("unevaluatedProperties");
        if let Some(description) = &definition.description {
            members.entry("description").or_insert_with(|| description.as_str().into());
        }
    }
    move_references(&mut schema, here);
    schema
}

/// References lead from the root of a document, which is not the component's schema any more.
fn move_references(schema: &mut Value, here: &str) {
    match schema {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(reference) if key == "$ref" => {
                        if let Some(rest) = reference.strip_prefix('#') {
                            *reference = format!("{here}{rest}");
                        }
                    }
                    value => move_references(value, here),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| move_references(item, here)),
        _ => {}
    }
}

fn key(kind: ComponentKind, definition: &Definition) -> String {
    format!("{kind} {}", definition.name)
}

/// Where a component's schema is, as a fragment of a URI.
fn reference(key: &str) -> String {
    format!("#/$defs/{}", key.replace('~', "~0").replace('/', "~1").replace('%', "%25").replace(' ', "%20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(name: &str, config_schema: Value) -> Definition {
        serde_json::from_value(json!({"name": name, "config_schema": config_schema})).unwrap()
    }

    #[test]
    fn references_lead_where_they_led() {
        let tree = definition(
            "tree",
            json!({
                "type": "object", "additionalProperties": false,
                "properties": {"kind": {"$ref": "#/$defs/Kind"}, "below": {"items": {"$ref": "#"}}},
                "$defs": {"Kind": {"enum": ["a"]}}
            }),
        );
        let schema = editor_schema("p", &[(ComponentKind::Task, &tree)]);
        let then = &schema["properties"]["tasks"]["items"]["allOf"][0]["then"]["$ref"];
        assert_eq!(then, "#/$defs/task%20tree");
        let moved = &schema["$defs"]["task tree"];
        assert_eq!(moved["properties"]["kind"]["$ref"], "#/$defs/task%20tree/$defs/Kind");
        assert_eq!(moved["properties"]["below"]["items"]["$ref"], "#/$defs/task%20tree");
        assert_eq!(moved.get("additionalProperties"), None);
    }

    #[test]
    fn each_kind_has_its_place() {
        let any = definition("any", json!({"type": "object"}));
        let all = ComponentKind::ALL.map(|kind| (kind, &any));
        let schema = editor_schema("p", &all);
        let places: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(places, ["tasks", "collectors", "sources", "filters", "outputs"]);
        let sources = &schema["properties"]["sources"]["items"]["allOf"];
        assert_eq!(sources[1]["properties"]["parser"]["properties"]["type"]["examples"][0], "p.any");
        let parser = editor_schema("p", &[(ComponentKind::LogParser, &any)]);
        assert!(parser["properties"]["sources"]["items"]["properties"]["parser"].is_object());
        assert!(!is_editor_schema("{}") && !is_editor_schema("no JSON"));
    }
}
