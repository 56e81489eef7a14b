//! What every plugin has to get right, whatever it is for.
//!
//! Nothing real happens here either: every host call is refused.

use std::borrow::Cow;

use driftless_host::api::component::{ComponentKind, Definition};
use driftless_host::api::function::Function;
use driftless_host::api::manifest::PluginManifest;
use driftless_host::api::result::{TaskResult, TaskStatus};
use driftless_host::reply::BOUNDS;
use driftless_host::{CallFailure, Error as HostError, PluginHandle, Session};
use driftless_plugin_api::text::truncated;
use serde_json::{Map, Value, json};

use crate::replay::{Tester, ended};
use crate::{Ending, reply};

/// One thing that every plugin has to get right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What it is, in a few words that stay the same.
    pub name: &'static str,
    /// Whether the plugin gets it right.
    pub verdict: Verdict,
}

/// Whether a plugin gets something right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Right,
    /// It has nothing that this is about.
    Nothing,
    /// It does not, and this is where.
    Wrong(Vec<String>),
}

impl Check {
    /// Whether nothing is wrong.
    pub fn holds(&self) -> bool {
        !matches!(self.verdict, Verdict::Wrong(_))
    }
}

/// A name that no component has.
const UNKNOWN: &str = "driftless-conformance-unknown";

/// How the SDKs of all languages begin what they say about a value that cannot be the reply.
const DEFECT: &str = "what it returned ";

/// The length of a text that is large for an argument and small for a memory of 64 MiB.
const LARGE: usize = 1 << 20;

/// How much of an argument is shown.
const MAX_ARGUMENT_BYTES: usize = 60;

/// How many complaints one check tells.
const MAX_COMPLAINTS: usize = 10;

/// Letters of one to four bytes, a combining one, one that is written from right to left, and one that ends texts in C.
const LETTERS: &str = "a\u{0}ï☕𝄞e\u{301}\u{202e}\u{feff}\"\\\n";

type Complaints = Vec<String>;

impl Tester {
    /// Checks what every plugin has to get right. Components that are called as one of `except` are left out: those that crash on purpose.
    pub fn checks(&self, except: &[String]) -> Vec<Check> {
        type Run = fn(&Checked) -> Option<Complaints>;
        let all: [(&'static str, Run); 13] = [
            ("it brings something", Checked::brings_something),
            ("its definitions are valid", Checked::definitions_are_valid),
            ("each component can be configured", Checked::can_be_configured),
            ("its definitions are always the same", Checked::definitions_repeat),
            ("what it says about itself is what its manifest says", Checked::metadata_is_the_manifest),
            ("it exports what its components are run with", Checked::components_can_run),
            ("an unknown name is a failure", Checked::unknown_names_fail),
            ("a configuration that is no JSON is a failure", Checked::broken_configurations),
            ("a configuration of another shape is a failure or ignored", Checked::odd_configurations),
            ("a call after a failed one works", Checked::works_after_a_failure),
            ("what it returns is what its function returns", Checked::replies_are_valid),
            ("empty and odd texts are no reason to crash", Checked::odd_texts),
            ("large texts are no reason to crash", Checked::large_texts),
        ];
        let checked = Checked { plugin: self.plugin.clone(), except: except.to_vec() };
        let check = |(name, run): (&'static str, Run)| {
            let verdict = match run(&checked) {
                None => Verdict::Nothing,
                Some(complaints) if complaints.is_empty() => Verdict::Right,
                Some(mut complaints) => {
                    let more = complaints.len().saturating_sub(MAX_COMPLAINTS);
                    complaints.truncate(MAX_COMPLAINTS);
                    if more > 0 {
                        complaints.push(format!("and {more} more"));
                    }
                    Verdict::Wrong(complaints)
                }
            };
            Check { name, verdict }
        };
        all.into_iter().map(check).collect()
    }
}

/// A plugin that is being checked.
struct Checked {
    plugin: PluginHandle,
    except: Vec<String>,
}

impl Checked {
    fn definitions_are_valid(&self) -> Option<Complaints> {
        let wrong = ComponentKind::ALL.into_iter().filter_map(|kind| self.plugin.definitions(kind).err());
        let mut complaints: Complaints = wrong.map(|error| error.to_string()).collect();
        for function in [Function::GetCommands, Function::GetHooks] {
            if self.plugin.has(function) {
                let called = self.plugin.session().call(function, &[]);
                let list =
                    called.map_err(|error| error.to_string()).and_then(|text| reply::read(function, &text));
                match list {
                    Ok(Value::Array(_)) => {}
                    Ok(_) => complaints.push(format!("{function}: its reply is not a list")),
                    Err(why) => complaints.push(format!("{function}: {why}")),
                }
            }
        }
        complaints.dedup();
        let has_any = DEFINITIONS.into_iter().any(|function| self.plugin.has(function));
        has_any.then_some(complaints)
    }

    /// A host finds nothing to call otherwise.
    fn brings_something(&self) -> Option<Complaints> {
        let hooks = [Function::BeforeTask, Function::AfterTask, Function::OnTaskFailure];
        let lists = [(Function::GetHooks, &hooks[..]), (Function::GetCommands, &[Function::ExecuteCommand])];
        let others = lists.into_iter().any(|(list, called)| {
            // A plugin that lists none of what it exports has a function for each because its language always has.
            let listed =
                self.plugin.has(list).then(|| self.plugin.session().call(list, &[]).unwrap_or_default());
            let exports = called.iter().any(|function| self.plugin.has(*function));
            exports
                && listed.is_none_or(
                    |text| !matches!(BOUNDS.read::<Vec<Value>>(&text), Ok(list) if list.is_empty()),
                )
        });
        let found = others
            || ComponentKind::ALL.into_iter().any(|kind| {
                // One whose definitions are invalid has another complaint.
                self.plugin.definitions(kind).map_or(true, |found| !found.is_empty())
            });
        let why = "it announces no component, no hook and no command, so there is nothing to call";
        Some(if found { Vec::new() } else { vec![why.to_owned()] })
    }

    fn can_be_configured(&self) -> Option<Complaints> {
        let announced = self.announced();
        let never = announced.iter().filter(|(_, definition)| !definition.takes_objects());
        let complaints = never.map(|(kind, definition)| {
            format!(
                "its {kind} `{}` has a schema that lets no object through, and a configuration is one",
                definition.name
            )
        });
        (!announced.is_empty()).then(|| complaints.collect())
    }

    fn definitions_repeat(&self) -> Option<Complaints> {
        let asked = DEFINITIONS.into_iter().chain([Function::GetPluginMetadata]);
        let asked: Vec<Function> = asked.filter(|function| self.plugin.has(*function)).collect();
        let mut complaints = Complaints::new();
        let (mut one, mut other) = (self.plugin.session(), self.plugin.session());
        for function in &asked {
            let text = |called: Result<String, HostError>| called.unwrap_or_else(|error| error.to_string());
            let first = text(one.call(*function, &[]));
            if text(one.call(*function, &[])) != first {
                complaints.push(format!("{function} returns something else when it is called again"));
            } else if text(other.call(*function, &[])) != first {
                complaints.push(format!("{function} returns something else in another instance"));
            }
        }
        (!asked.is_empty()).then_some(complaints)
    }

    fn metadata_is_the_manifest(&self) -> Option<Complaints> {
        let manifest = self.plugin.manifest()?;
        let mut complaints = Complaints::new();
        if self.plugin.has(Function::GetPluginMetadata) {
            match self.plugin.session().call(Function::GetPluginMetadata, &[]) {
                Err(error) => complaints.push(error.to_string()),
                Ok(text) => match BOUNDS.read::<PluginManifest>(&text) {
                    Err(error) => {
                        complaints.push(format!("get_plugin_metadata: its reply is no manifest: {error}"))
                    }
                    Ok(said) => compare(manifest, &said, &mut complaints),
                },
            }
        }
        if let Some(listed) = &manifest.components {
            let listed: Vec<_> =
                listed.iter().map(|entry| format!("{} `{}`", entry.kind, entry.name)).collect();
            let announced = self.announced();
            let announced: Vec<_> =
                announced.iter().map(|(kind, definition)| format!("{kind} `{}`", definition.name)).collect();
            let lacks = |in_one: &[String], other: &[String]| -> Vec<String> {
                in_one.iter().filter(|entry| !other.contains(entry)).cloned().collect()
            };
            let only_listed = lacks(&listed, &announced);
            let only_announced = lacks(&announced, &listed);
            complaints.extend(
                only_listed
                    .iter()
                    .map(|entry| format!("its manifest lists the {entry}, which it does not announce")),
            );
            complaints.extend(
                only_announced
                    .iter()
                    .map(|entry| format!("it announces the {entry}, which its manifest does not list")),
            );
        }
        Some(complaints)
    }

    fn components_can_run(&self) -> Option<Complaints> {
        let announced = self.announced();
        let mut complaints = Complaints::new();
        for (kind, definition) in &announced {
            if !self.plugin.has(kind.execute()) {
                complaints.push(format!(
                    "it announces the {kind} `{}` and does not export {}",
                    definition.name,
                    kind.execute()
                ));
            }
        }
        (!announced.is_empty()).then_some(complaints)
    }

    fn unknown_names_fail(&self) -> Option<Complaints> {
        let functions: Vec<_> = EXECUTE.into_iter().filter(|function| self.plugin.has(*function)).collect();
        let mut complaints = Complaints::new();
        for function in &functions {
            for name in [UNKNOWN, "", LETTERS] {
                let mut arguments = vec![name, "{}"];
                arguments.extend(["\"\"", "[]"].into_iter().take(function.arguments() - 2));
                if *function == Function::ExecuteLogFilter || *function == Function::ExecuteLogOutput {
                    arguments[2] = "{}";
                }
                match end_of(&mut self.plugin.session(), *function, &arguments) {
                    Ending::Failure(_) => {}
                    Ending::Result(value) if says_failed(*function, &value) => {}
                    Ending::Result(_) => {
                        complaints.push(format!("{function} succeeds with the name {name:?}"))
                    }
                    other => {
                        complaints.push(format!("{function} with the name {name:?}: {}", text_of(&other)))
                    }
                }
            }
        }
        (!functions.is_empty()).then_some(complaints)
    }

    fn broken_configurations(&self) -> Option<Complaints> {
        // One that takes no configuration need not look at it.
        self.with_each(|kind, definition, complaints| {
            for config in ["", "{", "nonsense", "{\"a\":}"] {
                self.expect_an_answer(kind, definition, config, input_of(kind), complaints);
            }
        })
    }

    fn odd_configurations(&self) -> Option<Complaints> {
        self.with_each(|kind, definition, complaints| {
            for config in
                ["null", "[]", "\"text\"", "7", "{}", r#"{"driftless-conformance-unknown": {"a": [null]}}"#]
            {
                self.expect_an_answer(kind, definition, config, input_of(kind), complaints);
            }
            // Each property with a value of no type that it could have.
            for (key, property) in properties(definition) {
                let odd = if property.get("type").and_then(Value::as_str) == Some("array") {
                    json!(7)
                } else {
                    json!([[null]])
                };
                let Value::Object(mut config) = sample(definition.config_schema.as_ref()) else { continue };
                config.insert(key.clone(), odd);
                let config = Value::Object(config).to_string();
                self.expect_an_answer(kind, definition, &config, input_of(kind), complaints);
            }
        })
    }

    fn works_after_a_failure(&self) -> Option<Complaints> {
        let execute = EXECUTE.into_iter().find(|function| self.plugin.has(*function))?;
        let definitions = DEFINITIONS.into_iter().find(|function| self.plugin.has(*function))?;
        let mut complaints = Complaints::new();
        let mut session = self.plugin.session();
        let before = session.call(definitions, &[]).map_err(|error| error.to_string());
        let mut arguments = vec![UNKNOWN, "{}"];
        arguments.extend(["{}", "[]"].into_iter().take(execute.arguments() - 2));
        for _ in 0..3 {
            let _ = session.call(execute, &arguments);
            let after = session.call(definitions, &[]).map_err(|error| error.to_string());
            if after != before {
                let was = |reply: Result<String, String>| reply.unwrap_or_else(|why| why);
                complaints.push(format!(
                    "{definitions} returns {} after {execute} failed, and {} before",
                    was(after),
                    was(before.clone())
                ));
                break;
            }
        }
        Some(complaints)
    }

    fn replies_are_valid(&self) -> Option<Complaints> {
        self.with_each(|kind, definition, complaints| {
            let config = sample(definition.config_schema.as_ref()).to_string();
            self.expect_an_answer(kind, definition, &config, input_of(kind), complaints);
            complaints.extend(self.defect(kind, definition, &config));
        })
    }

    /// What an SDK says about a value that its plugin returned and that no reply can be. To a host it is a failure like others.
    fn defect(&self, kind: ComponentKind, definition: &Definition, config: &str) -> Option<String> {
        let mut arguments = vec![definition.name.as_str(), config];
        arguments.extend(input_of(kind));
        let why = match self.plugin.session().call(kind.execute(), &arguments) {
            Ok(text) => BOUNDS.read::<TaskResult>(&text).ok().and_then(|result| result.message)?,
            Err(HostError::Failed { message, .. }) => message,
            Err(_) => return None,
        };
        let with: Vec<String> = arguments[1..].iter().map(|argument| in_short(argument)).collect();
        why.starts_with(DEFECT)
            .then(|| format!("{kind} `{}` with {}: {why}", definition.name, with.join(", ")))
    }

    fn odd_texts(&self) -> Option<Complaints> {
        let quoted = Value::from(LETTERS).to_string();
        let entry = json!({LETTERS: LETTERS, "message": ""}).to_string();
        self.with_each(|kind, definition, complaints| {
            let config = sample(definition.config_schema.as_ref()).to_string();
            let inputs: &[&[&str]] = match kind {
                ComponentKind::LogParser => &[&[""], &[LETTERS], &["{"]],
                ComponentKind::LogFilter | ComponentKind::LogOutput => &[&["{}"], &[&entry], &["not json"]],
                ComponentKind::TemplateFilter => {
                    &[&["\"\"", "[]"], &[&quoted, "[]"], &["null", "[null]"], &["\"a\"", "{"]]
                }
                ComponentKind::TemplateFunction => &[&["[]"], &["[\"\"]"], &["{"], &["{\"positional\":[]}"]],
                ComponentKind::Task | ComponentKind::FactsCollector | ComponentKind::LogSource => return,
            };
            inputs
                .iter()
                .for_each(|input| self.expect_an_answer(kind, definition, &config, input, complaints));
        })
    }

    fn large_texts(&self) -> Option<Complaints> {
        let line = "☕".repeat(LARGE / 3);
        let quoted = Value::from(line.as_str()).to_string();
        let entry = json!({"message": line}).to_string();
        let list = format!("[{quoted}]");
        self.with_each(|kind, definition, complaints| {
            let config = sample(definition.config_schema.as_ref()).to_string();
            let input: &[&str] = match kind {
                ComponentKind::LogParser => &[&line],
                ComponentKind::LogFilter | ComponentKind::LogOutput => &[&entry],
                ComponentKind::TemplateFilter => &[&quoted, "[]"],
                ComponentKind::TemplateFunction => &[&list],
                ComponentKind::Task | ComponentKind::FactsCollector | ComponentKind::LogSource => {
                    let large = json!({"driftless-conformance-unknown": line}).to_string();
                    return self.expect_an_answer(kind, definition, &large, &[], complaints);
                }
            };
            self.expect_an_answer(kind, definition, &config, input, complaints);
        })
    }

    /// Calls a component in a fresh instance. A reply of the right shape is an answer, and so is a failure; what ends the call is none,
    /// unless it is a limit, which is the user's.
    fn expect_an_answer(
        &self,
        kind: ComponentKind,
        definition: &Definition,
        config: &str,
        input: &[&str],
        complaints: &mut Complaints,
    ) {
        let mut arguments = vec![definition.name.as_str(), config];
        arguments.extend(input);
        let mut session = self.plugin.session();
        let why = match session.call(kind.execute(), &arguments) {
            Ok(text) => match reply::read(kind.execute(), &text) {
                Ok(_) => return,
                Err(_) if is_a_plain_failure(&text) => return,
                Err(defect) => defect,
            },
            Err(HostError::Failed { .. }) => return,
            Err(HostError::Call { source, .. }) if matches!(source.cause, CallFailure::Limit(_)) => return,
            Err(error) => text_of(&ended(&error)),
        };
        let with: Vec<String> = arguments[1..].iter().map(|argument| in_short(argument)).collect();
        complaints.push(format!("{kind} `{}` with {}: {why}", definition.name, with.join(", ")));
    }

    /// Does something with each component. `None` where there are none.
    fn with_each(&self, check: impl Fn(ComponentKind, &Definition, &mut Complaints)) -> Option<Complaints> {
        let announced = self.announced();
        let mut complaints = Complaints::new();
        for (kind, definition) in &announced {
            if self.plugin.has(kind.execute()) && !self.except.contains(&definition.name) {
                check(*kind, definition, &mut complaints);
            }
        }
        (!announced.is_empty()).then_some(complaints)
    }

    /// The components of the kinds whose definitions are valid.
    fn announced(&self) -> Vec<(ComponentKind, &Definition)> {
        let of = |kind| {
            self.plugin.definitions(kind).unwrap_or_default().into_iter().map(move |found| (kind, found))
        };
        ComponentKind::ALL.into_iter().flat_map(of).collect()
    }
}

const DEFINITIONS: [Function; 9] = [
    Function::GetTaskDefinitions,
    Function::GetFactsCollectors,
    Function::GetTemplateExtensions,
    Function::GetLogSources,
    Function::GetLogParsers,
    Function::GetLogFilters,
    Function::GetLogOutputs,
    Function::GetCommands,
    Function::GetHooks,
];

const EXECUTE: [Function; 8] = [
    Function::ExecuteTask,
    Function::ExecuteFactsCollector,
    Function::ExecuteLogSource,
    Function::ExecuteLogParser,
    Function::ExecuteLogFilter,
    Function::ExecuteLogOutput,
    Function::ExecuteTemplateFilter,
    Function::ExecuteTemplateFunction,
];

/// Something that a component of this kind could be given, behind its configuration.
fn input_of(kind: ComponentKind) -> &'static [&'static str] {
    match kind {
        ComponentKind::Task | ComponentKind::FactsCollector | ComponentKind::LogSource => &[],
        ComponentKind::LogParser => &["a line"],
        ComponentKind::LogFilter | ComponentKind::LogOutput => &[r#"{"message":"a line"}"#],
        ComponentKind::TemplateFilter => &["\"a value\"", "[]"],
        ComponentKind::TemplateFunction => &["[]"],
    }
}

fn end_of(session: &mut Session, function: Function, arguments: &[&str]) -> Ending {
    match session.call(function, arguments) {
        Ok(text) => reply::read(function, &text).map_or_else(
            |defect| {
                if is_a_plain_failure(&text) { Ending::Failure(text.clone()) } else { Ending::Error(defect) }
            },
            Ending::Result,
        ),
        Err(error) => ended(&error),
    }
}

/// Whether a reply says that it failed. Plugins that were not built with an SDK have no way but `{"error": …}` to say so.
fn says_failed(function: Function, value: &Value) -> bool {
    if function == Function::ExecuteTask {
        let result = serde_json::from_value::<TaskResult>(value.clone());
        return result.is_ok_and(|result| result.status == TaskStatus::Error);
    }
    reply::failure_in(value).is_some()
}

fn is_a_plain_failure(text: &str) -> bool {
    BOUNDS.read::<Value>(text).is_ok_and(|value| reply::failure_in(&value).is_some())
}

fn compare(manifest: &PluginManifest, said: &PluginManifest, complaints: &mut Complaints) {
    let as_value = |manifest: &PluginManifest| {
        let mut manifest = serde_json::to_value(manifest).expect("a manifest is JSON");
        // The list of components is what the tool that built it found out afterwards.
        manifest.as_object_mut().map(|members| members.remove("components"));
        manifest
    };
    let (manifest, said) = (as_value(manifest), as_value(said));
    for (key, value) in manifest.as_object().into_iter().flatten() {
        if said.get(key) != Some(value) {
            let says = said.get(key).unwrap_or(&Value::Null);
            complaints.push(format!(
                "`{key}` is {value} in its manifest, and {says} in what get_plugin_metadata returns"
            ));
        }
    }
}

/// The properties that a component's configuration can have.
fn properties(definition: &Definition) -> impl Iterator<Item = (&String, &Value)> {
    let schema = definition.config_schema.as_ref();
    schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object).into_iter().flatten()
}

/// A configuration that has what a schema requires, as far as one can tell by looking.
fn sample(schema: Option<&Value>) -> Value {
    match schema {
        Some(schema) => sample_of(schema, schema, 0),
        None => json!({}),
    }
}

fn sample_of(schema: &Value, root: &Value, depth: usize) -> Value {
    if depth > 8 {
        return Value::Null;
    }
    if let Some(pointer) = schema.get("$ref").and_then(Value::as_str).and_then(|at| at.strip_prefix('#')) {
        return root.pointer(pointer).map_or(Value::Null, |referred| sample_of(referred, root, depth + 1));
    }
    let first = |key: &str| schema.get(key).and_then(Value::as_array).and_then(|choices| choices.first());
    if let Some(value) = schema
        .get("default")
        .or_else(|| schema.get("const"))
        .or_else(|| first("enum"))
        .or_else(|| first("examples"))
    {
        return value.clone();
    }
    if let Some(choice) = first("anyOf").or_else(|| first("oneOf")) {
        return sample_of(choice, root, depth + 1);
    }
    let word = match schema.get("type") {
        Some(Value::String(word)) => word.as_str(),
        Some(Value::Array(words)) => words.first().and_then(Value::as_str).unwrap_or_default(),
        _ if schema.get("properties").is_some() || depth == 0 => "object",
        _ => "string",
    };
    let at_least = |key: &str| schema.get(key).and_then(Value::as_u64).unwrap_or(0).min(1000);
    match word {
        "object" => {
            let properties = schema.get("properties");
            let required = schema
                .get("required")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            let member = |key: &str| {
                let property = properties.and_then(|properties| properties.get(key));
                (
                    key.to_owned(),
                    property.map_or(Value::from("x"), |property| sample_of(property, root, depth + 1)),
                )
            };
            Value::Object(required.map(member).collect::<Map<_, _>>())
        }
        "array" => {
            let nothing = json!({});
            let item = sample_of(schema.get("items").unwrap_or(&nothing), root, depth + 1);
            Value::Array(vec![item; usize::try_from(at_least("minItems")).unwrap_or(0)])
        }
        "string" => "x".repeat(usize::try_from(at_least("minLength").max(1)).unwrap_or(1)).into(),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        "boolean" => json!(false),
        _ => Value::Null,
    }
}

fn text_of(ending: &Ending) -> String {
    match ending {
        Ending::Result(value) => value.to_string(),
        Ending::Failure(text) | Ending::Error(text) | Ending::Refused(text) | Ending::Fails(text) => {
            text.clone()
        }
    }
}

/// An argument as it is told: a long one by its beginning and its length.
fn in_short(argument: &str) -> String {
    match truncated(argument, MAX_ARGUMENT_BYTES) {
        Cow::Borrowed(whole) => format!("`{whole}`"),
        Cow::Owned(beginning) => format!("`{beginning}` ({} bytes)", argument.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_what_is_required() {
        let schema = json!({
            "type": "object",
            "required": ["name", "size", "mode", "hosts", "deep"],
            "properties": {
                "name": {"type": "string", "minLength": 3}, "size": {"type": ["integer", "null"], "minimum": 5},
                "mode": {"enum": ["fast", "slow"]}, "hosts": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                "deep": {"$ref": "#/$defs/deep"}, "other": {"type": "string"},
            },
            "$defs": {"deep": {"type": "object", "required": ["on"], "properties": {"on": {"type": "boolean"}}}},
        });
        let expected =
            json!({"name": "xxx", "size": 5, "mode": "fast", "hosts": ["x"], "deep": {"on": false}});
        assert_eq!(sample(Some(&schema)), expected);
        assert_eq!(sample(None), json!({}));
        assert_eq!(sample(Some(&json!({"$ref": "#"}))), Value::Null);
    }
}
