//! The reference plugin of the conformance suite, with wasm-bindgen and nothing of Driftless, as the plugin guide writes one.
//!
//! It has no manifest and so no permissions: the components that ask the host for something are left out.

use serde_json::{Map, Value, json};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn error(s: &str);
    #[wasm_bindgen(js_namespace = console)]
    fn warn(s: &str);
    #[wasm_bindgen(js_namespace = console)]
    fn info(s: &str);
    #[wasm_bindgen(js_namespace = console)]
    fn debug(s: &str);
}

/// What a function returns that cannot do its work: the message of `{"error": …}`.
type Outcome = Result<Value, String>;

#[wasm_bindgen]
pub fn get_task_definitions() -> String {
    let message =
        json!({"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]});
    json!([
        {"name": "echo", "type": "apply", "config_schema": {"type": "object", "properties": {"value": {}}, "required": ["value"]}},
        {"name": "greet", "type": "apply", "config_schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "times": {"type": "integer", "default": 1, "minimum": 0}},
            "required": ["name"]
        }},
        {"name": "fail", "type": "apply", "config_schema": message},
        {"name": "crash", "type": "apply"},
        {"name": "log", "type": "apply", "config_schema": {
            "type": "object",
            "properties": {"level": {"enum": ["error", "warn", "info", "debug"]}, "message": {"type": "string"}},
            "required": ["level", "message"]
        }}
    ])
    .to_string()
}

#[wasm_bindgen]
pub fn get_facts_collectors() -> String {
    json!([
        {"name": "static"},
        {"name": "from_config", "config_schema": {"type": "object", "properties": {"facts": {"type": "object"}}, "required": ["facts"]}},
        {"name": "fail", "config_schema": {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}}
    ])
    .to_string()
}

#[wasm_bindgen]
pub fn get_template_extensions() -> String {
    json!([
        {"name": "reverse", "type": "filter"}, {"name": "repeat", "type": "filter"}, {"name": "identity", "type": "filter"},
        {"name": "fail", "type": "filter"}, {"name": "add", "type": "function"}, {"name": "join", "type": "function"}
    ])
    .to_string()
}

#[wasm_bindgen]
pub fn get_log_sources() -> String {
    json!([{"name": "count", "config_schema": {
        "type": "object", "properties": {"to": {"type": "integer", "minimum": 0}}, "required": ["to"]
    }}])
    .to_string()
}

#[wasm_bindgen]
pub fn get_log_parsers() -> String {
    json!([{"name": "key_value"}]).to_string()
}

#[wasm_bindgen]
pub fn get_log_filters() -> String {
    json!([{"name": "has", "config_schema": {
        "type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"]
    }}])
    .to_string()
}

#[wasm_bindgen]
pub fn get_log_outputs() -> String {
    json!([{"name": "discard"}, {"name": "full"}]).to_string()
}

#[wasm_bindgen]
pub fn execute_task(name: &str, config_json: &str) -> String {
    let result = object(config_json, "configuration").and_then(|config| task(name, &config));
    result.unwrap_or_else(|message| json!({"status": "error", "message": message})).to_string()
}

#[wasm_bindgen]
pub fn execute_facts_collector(name: &str, config_json: &str) -> String {
    reply(object(config_json, "configuration").and_then(|config| match name {
        "static" => Ok(json!({"answer": 42, "text": "naïve ☕ 𝄞", "list": [1, 2, 3], "nothing": null})),
        "from_config" => match config.get("facts") {
            Some(facts @ Value::Object(_)) => Ok(facts.clone()),
            _ => Err("`facts` is an object".to_owned()),
        },
        "fail" => Err(text(&config, "message")?),
        _ => Err(format!("Unknown facts collector: {name}")),
    }))
}

#[wasm_bindgen]
pub fn execute_log_source(name: &str, config_json: &str) -> String {
    reply(object(config_json, "configuration").and_then(|config| match name {
        "count" => {
            let to = config.get("to").and_then(Value::as_u64).ok_or("`to` is a number")?;
            Ok((1..=to).map(|number| Value::from(format!("line {number}"))).collect())
        }
        _ => Err(format!("Unknown log source: {name}")),
    }))
}

#[wasm_bindgen]
pub fn execute_log_parser(name: &str, _config_json: &str, input: &str) -> String {
    reply(match name {
        "key_value" => key_value(input),
        _ => Err(format!("Unknown log parser: {name}")),
    })
}

#[wasm_bindgen]
pub fn execute_log_filter(name: &str, config_json: &str, entry_json: &str) -> String {
    reply(object(config_json, "configuration").and_then(|config| match name {
        "has" => Ok(object(entry_json, "entry")?.contains_key(&text(&config, "key")?).into()),
        _ => Err(format!("Unknown log filter: {name}")),
    }))
}

#[wasm_bindgen]
pub fn execute_log_output(name: &str, _config_json: &str, entry_json: &str) -> String {
    reply(object(entry_json, "entry").and_then(|_| match name {
        "discard" => Ok(Value::Null),
        "full" => Err("the disk is full".to_owned()),
        _ => Err(format!("Unknown log output: {name}")),
    }))
}

#[wasm_bindgen]
pub fn execute_template_filter(name: &str, _config_json: &str, value_json: &str, args_json: &str) -> String {
    reply(json_of(value_json, "value").and_then(|value| filter(name, value, &Arguments::read(args_json)?)))
}

#[wasm_bindgen]
pub fn execute_template_function(name: &str, _config_json: &str, args_json: &str) -> String {
    reply(Arguments::read(args_json).and_then(|arguments| match name {
        "add" => {
            let number = |place, name| {
                arguments.get(place, name).and_then(Value::as_i64).ok_or(format!("`{name}` is a number"))
            };
            Ok((number(0, "a")? + number(1, "b")?).into())
        }
        "join" => {
            let items = arguments.get(0, "items").and_then(Value::as_array).ok_or("`items` is a list")?;
            let items: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            let sep = arguments.get(1, "sep").map_or(Some(","), Value::as_str).ok_or("`sep` is a text")?;
            Ok(items.ok_or("`items` is a list of texts")?.join(sep).into())
        }
        _ => Err(format!("Unknown template function: {name}")),
    }))
}

fn task(name: &str, config: &Map<String, Value>) -> Outcome {
    match name {
        "echo" => {
            let value = config.get("value").ok_or("`value` is missing")?;
            Ok(json!({"status": "success", "message": "echoed", "value": value}))
        }
        "greet" => {
            let name = text(config, "name")?;
            let times = config.get("times").map_or(Some(1), Value::as_u64).ok_or("`times` is a number")?;
            info(&format!("greeting {name}"));
            let greetings: Vec<String> = (0..times).map(|_| format!("Hello {name}")).collect();
            Ok(json!({"status": "success", "message": greetings.join(", ")}))
        }
        "fail" => Err(text(config, "message")?),
        "crash" => panic!("crashed on purpose"),
        "log" => {
            let message = text(config, "message")?;
            match text(config, "level")?.as_str() {
                "error" => error(&message),
                "warn" => warn(&message),
                "info" => info(&message),
                "debug" => debug(&message),
                other => return Err(format!("there is no level `{other}`")),
            }
            Ok(json!({"status": "success"}))
        }
        _ => Err(format!("Unknown task: {name}")),
    }
}

fn filter(name: &str, value: Value, arguments: &Arguments) -> Outcome {
    let string = || value.as_str().ok_or("the value is a text");
    match name {
        "reverse" => Ok(string()?.chars().rev().collect::<String>().into()),
        "repeat" => {
            let times =
                arguments.get(0, "times").map_or(Some(2), Value::as_u64).ok_or("`times` is a number")?;
            Ok(string()?.repeat(usize::try_from(times).map_err(|error| error.to_string())?).into())
        }
        "identity" => Ok(value),
        "fail" => Err("no filter today".to_owned()),
        _ => Err(format!("Unknown template filter: {name}")),
    }
}

fn key_value(line: &str) -> Outcome {
    let mut entry = Map::new();
    for part in line.split_ascii_whitespace() {
        let (key, value) = part.split_once('=').ok_or_else(|| format!("`{part}` is no key=value"))?;
        entry.insert(key.to_owned(), value.into());
    }
    Ok(entry.into())
}

/// Arguments without a name, and those with one.
struct Arguments {
    positional: Vec<Value>,
    keyword: Map<String, Value>,
}

impl Arguments {
    /// A plain list, or where there are keyword arguments an object of both.
    fn read(args_json: &str) -> Result<Self, String> {
        match json_of(args_json, "arguments")? {
            Value::Array(positional) => Ok(Self { positional, keyword: Map::new() }),
            Value::Object(mut both) => {
                let positional =
                    both.remove("positional").and_then(|list| list.as_array().cloned()).unwrap_or_default();
                let keyword =
                    both.remove("keyword").and_then(|named| named.as_object().cloned()).unwrap_or_default();
                Ok(Self { positional, keyword })
            }
            _ => Err("the arguments are a list".to_owned()),
        }
    }

    fn get(&self, place: usize, name: &str) -> Option<&Value> {
        self.positional.get(place).or_else(|| self.keyword.get(name))
    }
}

fn reply(outcome: Outcome) -> String {
    outcome.unwrap_or_else(|error| json!({"error": error})).to_string()
}

fn json_of(json: &str, what: &str) -> Outcome {
    serde_json::from_str(json).map_err(|error| format!("the {what} cannot be read: {error}"))
}

fn object(json: &str, what: &str) -> Result<Map<String, Value>, String> {
    match json_of(json, what)? {
        Value::Object(object) => Ok(object),
        _ => Err(format!("the {what} is no object")),
    }
}

fn text(config: &Map<String, Value>, key: &str) -> Result<String, String> {
    config.get(key).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| format!("`{key}` is a text"))
}
