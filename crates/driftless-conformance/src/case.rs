//! A case, as it is read.

use std::str::FromStr;

use driftless_plugin_api::arguments::Arguments;
use driftless_plugin_api::component::ComponentKind;
use driftless_plugin_api::function::Function;
use driftless_plugin_api::host_call::{
    Answer, Capability, EnvironmentRequest, FileRequest, FunctionRequest, HostCallError, HttpRequest,
    Outcome, ProcessRequest,
};
use driftless_plugin_api::log::Level;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::expectation::Expectation;
use crate::generate::expand;
use crate::recorded::RecordedCase;

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

/// Which parts of a case its author has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) host: bool,
    pub(crate) expect: bool,
    pub(crate) budget: bool,
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

/// What one call may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Units of fuel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Bytes of memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
}

/// One message of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How much it matters.
    pub level: Level,
    /// The text.
    pub message: String,
}

/// A host call and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct HostCall {
    /// What is asked of.
    pub capability: Capability,
    /// The request, with everything written out that may be left out.
    pub request: Value,
    /// What the plugin sends along; `None` where that is not looked at.
    pub sent: Option<Body>,
    /// The answer.
    pub reply: HostReply,
}

/// The answer to a host call.
#[derive(Clone, Debug, PartialEq)]
pub struct HostReply {
    /// What the host says.
    pub outcome: Outcome<Value>,
    /// The bytes behind it.
    pub body: Body,
}

/// Plain bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body(pub Vec<u8>);

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

impl HostCall {
    /// Reads it as it is written.
    pub(crate) fn read(mut entry: Map<String, Value>) -> Result<Self, String> {
        let mut asked = Capability::ALL.into_iter().filter(|capability| entry.contains_key(key(*capability)));
        let (Some(capability), None) = (asked.next(), asked.next()) else {
            return Err(
                "a host call has one of the keys `file`, `http`, `environment`, `process`, `function`"
                    .to_owned(),
            );
        };
        let request = entry.remove(key(capability)).unwrap_or_default();
        let request =
            written_out(capability, &request).map_err(|why| format!("`{}`: {why}", key(capability)))?;
        let sent = Body::read(&mut entry, "sent", "sent_hex")?;
        let body = Body::read(&mut entry, "text", "hex")?.unwrap_or_default();
        let outcome = match (entry.remove("ok"), entry.remove("error")) {
            (Some(ok), None) => Outcome::Ok(ok),
            (None, Some(error)) => Outcome::Error(
                serde_json::from_value(error).map_err(|why| format!("the `error` of a host call: {why}"))?,
            ),
            _ => return Err("the answer to a host call is either `ok` or `error`".to_owned()),
        };
        match entry.keys().next() {
            Some(unknown) => Err(format!("a host call has no key `{unknown}`")),
            None => Ok(Self { capability, request, sent, reply: HostReply { outcome, body } }),
        }
    }

    /// What a plugin asked and was answered.
    pub(crate) fn of(capability: Capability, request: &str, sent: &[u8], answer: &Answer) -> Self {
        let outcome = match Outcome::read(&answer.head) {
            Ok(ok) => Outcome::Ok(ok),
            Err(error) => Outcome::Error(error),
        };
        let sent = Some(Body(sent.to_vec())).filter(|sent| !sent.0.is_empty());
        Self {
            capability,
            request: request_of(capability, request),
            sent,
            reply: HostReply { outcome, body: Body(answer.body.clone()) },
        }
    }

    /// As it is written.
    pub(crate) fn to_value(&self) -> Value {
        let mut entry = Map::from_iter([(key(self.capability).to_owned(), self.request.clone())]);
        if let Some(sent) = &self.sent {
            sent.write(&mut entry, "sent", "sent_hex");
        }
        match &self.reply.outcome {
            Outcome::Ok(ok) => entry.insert("ok".to_owned(), ok.clone()),
            Outcome::Error(error) => entry.insert("error".to_owned(), error_value(error)),
        };
        if !self.reply.body.0.is_empty() {
            self.reply.body.write(&mut entry, "text", "hex");
        }
        Value::Object(entry)
    }

    /// The request alone, as it is written.
    pub(crate) fn request_value(&self) -> Value {
        let mut entry = Map::from_iter([(key(self.capability).to_owned(), self.request.clone())]);
        if let Some(sent) = &self.sent {
            sent.write(&mut entry, "sent", "sent_hex");
        }
        Value::Object(entry)
    }
}

impl HostReply {
    /// As a plugin gets it.
    pub(crate) fn answer(&self) -> Answer {
        Answer::new(&self.outcome, self.body.0.clone())
    }
}

impl Body {
    fn read(entry: &mut Map<String, Value>, text: &str, hex: &str) -> Result<Option<Self>, String> {
        match (entry.remove(text), entry.remove(hex)) {
            (None, None) => Ok(None),
            (Some(Value::String(text)), None) => Ok(Some(Self(text.into_bytes()))),
            (None, Some(Value::String(digits))) => {
                digits.parse().map(Some).map_err(|why| format!("`{hex}`: {why}"))
            }
            (Some(_), Some(_)) => Err(format!("there is either `{text}` or `{hex}`")),
            _ => Err(format!("`{text}` and `{hex}` are texts")),
        }
    }

    fn write(&self, entry: &mut Map<String, Value>, text: &str, hex: &str) {
        let (key, value) = match str::from_utf8(&self.0) {
            Ok(string) => (text, string.to_owned()),
            Err(_) => (hex, self.0.iter().map(|byte| format!("{byte:02x}")).collect()),
        };
        entry.insert(key.to_owned(), value.into());
    }
}

impl FromStr for Body {
    type Err = String;

    /// Reads bytes in hexadecimal digits, with white space where one likes.
    fn from_str(text: &str) -> Result<Self, String> {
        let digits: Option<Vec<u8>> = text
            .chars()
            .filter(|character| !character.is_whitespace())
            .map(|digit| digit.to_digit(16).map(|digit| digit as u8))
            .collect();
        match digits {
            Some(digits) if digits.len().is_multiple_of(2) => {
                Ok(Self(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()))
            }
            _ => Err("bytes are pairs of hexadecimal digits".to_owned()),
        }
    }
}

/// What a capability is called in a case.
const fn key(capability: Capability) -> &'static str {
    match capability {
        Capability::File => "file",
        Capability::Http => "http",
        Capability::Environment => "environment",
        Capability::Process => "process",
        Capability::Function => "function",
    }
}

/// A request as the protocol has it, in one spelling, so that two that mean the same are equal.
fn written_out(capability: Capability, request: &Value) -> Result<Value, serde_json::Error> {
    fn through<T: DeserializeOwned + Serialize>(request: &Value) -> Result<Value, serde_json::Error> {
        serde_json::to_value(serde_json::from_value::<T>(request.clone())?)
    }
    match capability {
        Capability::File => through::<FileRequest>(request),
        Capability::Http => through::<HttpRequest>(request),
        Capability::Environment => through::<EnvironmentRequest>(request),
        Capability::Process => through::<ProcessRequest>(request),
        Capability::Function => through::<FunctionRequest>(request),
    }
}

/// A plugin's request. One that makes no sense is kept as the text that it is.
fn request_of(capability: Capability, request: &str) -> Value {
    let Ok(value) = serde_json::from_str::<Value>(request) else { return request.into() };
    written_out(capability, &value).unwrap_or(value)
}

fn error_value(error: &HostCallError) -> Value {
    serde_json::to_value(error).expect("an error is a kind and a text")
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
