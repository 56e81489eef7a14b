//! A case, as it is read.

use driftless_plugin_api::arguments::Arguments;
use driftless_plugin_api::component::ComponentKind;
use driftless_plugin_api::function::Function;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::budget::Budget;
use crate::expectation::Expectation;
use crate::generate::expand;
use crate::host_call::HostCall;
use crate::recorded::{RecordedCase, Written};

/// What is called, what stands around the plugin, and what has to come of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// `FILE`, or `FILE/CASE`.
    pub name: String,
    /// What its recording is called: its own name, or its number in the file.
    pub(crate) key: String,
    /// What is called.
    pub called: Called,
    /// What the plugin is told the time is, in seconds since 1970.
    pub time: u64,
    /// Where its random numbers begin.
    pub random: u64,
    /// The host calls that it makes, in order.
    pub host: Vec<HostCall>,
    /// What has to come of it; `None` in a case that is yet to be recorded.
    pub expect: Option<Expectation>,
    /// What it may use at most.
    pub budget: Budget,
    /// What the author has written; everything else is recorded.
    pub(crate) written: Written,
}

/// What is called.
#[derive(Clone, Debug, PartialEq)]
pub enum Called {
    /// A component, as the host calls it: with its configuration checked and completed by its schema.
    Component {
        /// Of which kind.
        kind: ComponentKind,
        /// Its name.
        name: String,
        /// Its configuration.
        config: Map<String, Value>,
        /// The arguments behind the configuration.
        more: Vec<String>,
        /// How often a log source is called at most.
        calls: usize,
    },
    /// A function, with nothing done to its arguments.
    Function(Function, Vec<String>),
}

/// What a case is told the time is, where it does not say.
const TIME: u64 = 1_767_225_600;

/// How often a log source is called, where the case does not say.
const CALLS: usize = 100;

impl Case {
    /// Reads a document. What is not in it is taken from the recording.
    pub(crate) fn read(
        name: String,
        key: String,
        document: Document,
        recorded: Option<&RecordedCase>,
    ) -> Result<Self, String> {
        let recorded = recorded.cloned().unwrap_or_default();
        let Document { time, random, host, expect, budget, .. } = document.clone();
        let written = Written { host: host.is_some(), expect: expect.is_some(), budget: budget.is_some() };
        let host = match host {
            Some(calls) => calls.into_iter().map(written_call).collect::<Result<_, _>>()?,
            None => recorded.host,
        };
        let expect = match expect {
            Some(expect) => Some(Expectation::from_value(expand(expect.into())?)?),
            None => recorded.expect,
        };
        let budget = budget.unwrap_or(recorded.budget);
        let (time, random) = (time.unwrap_or(TIME), random.unwrap_or(0));
        Ok(Self { name, key, time, random, host, expect, budget, written, called: called(document)? })
    }

    /// Whether what happened is what is expected. What an author writes is a pattern, and what was recorded is what it is.
    pub(crate) fn holds(&self, expect: &Expectation, actual: &Expectation) -> bool {
        if self.written.expect { expect.holds(actual) } else { *expect == expect.seen(actual) }
    }

    /// The case with nothing in it that was recorded.
    pub(crate) fn as_written(&self) -> Self {
        let Written { host, expect, budget } = self.written;
        let mut case = self.clone();
        if !host {
            case.host.clear();
        }
        if !expect {
            case.expect = None;
        }
        if !budget {
            case.budget = Budget::default();
        }
        case
    }
}

/// A host call as an author writes it: with values that are made by rule.
fn written_call(entry: Map<String, Value>) -> Result<HostCall, String> {
    match expand(entry.into())? {
        Value::Object(entry) => HostCall::read(entry),
        _ => Err("a host call is an object".to_owned()),
    }
}

/// A case as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) case: Option<String>,
    task: Option<String>,
    facts: Option<String>,
    filter: Option<String>,
    function: Option<String>,
    source: Option<String>,
    parser: Option<String>,
    log_filter: Option<String>,
    output: Option<String>,
    command: Option<String>,
    hook: Option<String>,
    call: Option<String>,
    #[serde(default)]
    config: Map<String, Value>,
    #[serde(default, deserialize_with = "present")]
    value: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    arguments: Option<Value>,
    #[serde(default)]
    keywords: Map<String, Value>,
    #[serde(default, deserialize_with = "present")]
    line: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    entry: Option<Value>,
    with: Option<Vec<Value>>,
    calls: Option<usize>,
    time: Option<u64>,
    random: Option<u64>,
    host: Option<Vec<Map<String, Value>>>,
    expect: Option<Map<String, Value>>,
    budget: Option<Budget>,
}

/// A value that is there, `null` included.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// What a document calls.
fn called(document: Document) -> Result<Called, String> {
    use ComponentKind::{
        FactsCollector, LogFilter, LogOutput, LogParser, LogSource, Task, TemplateFilter, TemplateFunction,
    };
    let Document { config, value, arguments, keywords, line, entry, with, calls, .. } = document;
    let ways = [
        ("task", document.task, Some(Task)),
        ("facts", document.facts, Some(FactsCollector)),
        ("filter", document.filter, Some(TemplateFilter)),
        ("function", document.function, Some(TemplateFunction)),
        ("source", document.source, Some(LogSource)),
        ("parser", document.parser, Some(LogParser)),
        ("log_filter", document.log_filter, Some(LogFilter)),
        ("output", document.output, Some(LogOutput)),
        ("command", document.command, None),
        ("hook", document.hook, None),
        ("call", document.call, None),
    ];
    let known = ways.each_ref().map(|(key, ..)| *key).join(", ");
    let mut asked = ways.into_iter().filter_map(|(key, name, kind)| Some((key, name?, kind)));
    let (Some((key, name, kind)), None) = (asked.next(), asked.next()) else {
        return Err(format!("a case has exactly one of the keys {known}"));
    };
    let given = [
        ("config", !config.is_empty(), kind.is_some()),
        ("value", value.is_some(), kind == Some(TemplateFilter)),
        (
            "arguments",
            arguments.is_some(),
            matches!(kind, Some(TemplateFilter | TemplateFunction)) || key == "command",
        ),
        ("keywords", !keywords.is_empty(), matches!(kind, Some(TemplateFilter | TemplateFunction))),
        ("line", line.is_some(), kind == Some(LogParser)),
        ("entry", entry.is_some(), matches!(kind, Some(LogFilter | LogOutput))),
        ("with", with.is_some(), matches!(key, "hook" | "call")),
        ("calls", calls.is_some(), kind == Some(LogSource)),
    ];
    if let Some((superfluous, ..)) = given.iter().find(|(_, is_given, makes_sense)| *is_given && !makes_sense)
    {
        return Err(format!("`{superfluous}` means nothing beside `{key}`"));
    }
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let Some(kind) = kind else {
        let with = with.unwrap_or_default().into_iter().map(|value| Ok(text(expand(value)?)));
        let with = with.collect::<Result<Vec<_>, String>>()?;
        if key == "command" {
            let arguments = expand(arguments.unwrap_or_else(|| Value::Object(Map::new())))?.to_string();
            return Ok(Called::Function(Function::ExecuteCommand, vec![name, arguments]));
        }
        let function =
            Function::named(&name).ok_or_else(|| format!("the protocol has no function `{name}`"))?;
        return match (key, function) {
            (
                "hook",
                Function::BeforeTask
                | Function::AfterTask
                | Function::OnTaskFailure
                | Function::Initialize
                | Function::Shutdown,
            )
            | ("call", _) => Ok(Called::Function(function, with)),
            _ => Err(format!("`{name}` is no hook")),
        };
    };
    let Value::Object(config) = expand(config.into())? else { return Err("`config` has keys".to_owned()) };
    let arguments = || {
        let positional = match expand(arguments.unwrap_or_else(|| Value::Array(Vec::new())))? {
            Value::Array(items) => items,
            _ => return Err("`arguments` is a list".to_owned()),
        };
        let Value::Object(keywords) = expand(keywords.into())? else {
            return Err("`keywords` has keys".to_owned());
        };
        Ok(serde_json::to_string(&Arguments::new(positional, keywords)).expect("values are JSON"))
    };
    let more = match kind {
        Task | FactsCollector | LogSource => Vec::new(),
        TemplateFilter => vec![expand(value.unwrap_or_default())?.to_string(), arguments()?],
        TemplateFunction => vec![arguments()?],
        LogParser => match expand(line.unwrap_or_default())? {
            Value::String(line) => vec![line],
            _ => return Err("a parser is given a text, its `line`".to_owned()),
        },
        LogFilter | LogOutput => {
            vec![expand(entry.unwrap_or_else(|| Value::Object(Map::new())))?.to_string()]
        }
    };
    Ok(Called::Component { kind, name, config, more, calls: calls.unwrap_or(CALLS) })
}
